"""What the portfolio page and an initiative's overview show: sentences, cards, charts."""
