"""The golden crawl: what every page, email and command shows, recorded, so that a restructuring can prove it changed
nothing. `make golden` compares, `make golden-record` records.
"""
