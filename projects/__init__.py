"""Why and who: business units, initiatives, intake, stages."""
