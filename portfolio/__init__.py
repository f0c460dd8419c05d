"""What it adds up to: figures and dashboards."""
