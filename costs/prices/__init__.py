"""The price book: what tokens cost by provider, model and date, and usage priced anew after a change."""
