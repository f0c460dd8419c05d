"""What cost lines follow from: own hardware, roles and their days, licences and other costs that come again.

The lines themselves are worked out in `costs/generators`.
"""
