"""Did it work: target outcomes, measurements, benefits."""
