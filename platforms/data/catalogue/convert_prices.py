#!/usr/bin/env python3
"""Writes prices.csv: the newest price a machine and region of the machines beside this script, on demand and spot.

usage: convert_prices.py MEASURED > prices.csv

MEASURED is a folder with aws_ec2_price_history_2013_2017.csv, skypilot_catalog_sample.csv, azure_gpu_prices_skypilot.csv and
gcp_instance_price_history.csv.
"""
import csv
import pathlib
import sys

COLUMNS = ["platform", "region", "price", "spot-price", "price-date", "price-source"]
FIRST_REGIONS = ["us-east-1", "eastus", "us-central1"]  # of AWS, Azure and GCP: used unless another is asked for
AZURE_YEARS = {"catalogs/azure": "2022", "catalogs/v6": "2025"}


def rows(folder, name):
    with open(folder / name, newline="", encoding="utf-8") as source:
        yield from csv.DictReader(source)


def aws(folder):
    for row in rows(folder, "aws_ec2_price_history_2013_2017.csv"):
        yield row["instance"], row["region"], row["price_usd_per_hour"], "", row["first_seen"], "vantage-sh/ec2instances.info@4ef36cd2"
    sample = [row for row in rows(folder, "skypilot_catalog_sample.csv") if row["cloud"] == "aws"]
    # Spot prices stand there by zone, partly without its name: the cheapest is the region's, as SkyPilot takes it.
    spot = {}
    for row in sample:
        if row["spot_usd_per_hour"]:
            spot.setdefault((row["instance"], row["region"]), []).append(row["spot_usd_per_hour"])
    for row in sample:
        if row["price_usd_per_hour_on_demand"]:
            name = row["catalogue_file"].split(" ", 1)[1]
            zones = spot.get((row["instance"], row["region"]), [])
            yield (row["instance"], row["region"], row["price_usd_per_hour_on_demand"], min(zones, key=float, default=""), "2024/2025",
                   f"skypilot-org/skypilot-catalog v7 {name}" + (f"; spot of the cheapest of {len(zones)} zones" if zones else ""))


def azure(folder):
    for row in rows(folder, "azure_gpu_prices_skypilot.csv"):
        spot = row["spot_usd_per_hour"]
        if spot == row["price_usd_per_hour"]:
            spot = ""  # the note there: treat as unknown
        date = next(year for start, year in AZURE_YEARS.items() if row["snapshot"].startswith(start))
        yield (row["instance"], row["region"], row["price_usd_per_hour"], spot, date,
               f"skypilot-org/skypilot-catalog {row['snapshot']}")


def gcp(folder):
    for row in rows(folder, "gcp_instance_price_history.csv"):
        yield (row["instance"], row["region"], row["price_usd_per_hour"], row["spot_usd_per_hour"], row["valid_from_snapshot"],
               "Cyclenerd/google-cloud-pricing-cost-calculator@dac3128")


def machines(provider):
    with open(pathlib.Path(__file__).parent / f"{provider}.csv", newline="", encoding="utf-8") as catalogue:
        return [row["instance"] for row in csv.DictReader(catalogue)]


def per_hour(dollars):
    return f"{float(dollars):.10g} USD/h" if dollars else ""


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    for provider, prices in (("aws", aws), ("azure", azure), ("gcp", gcp)):
        newest = {}
        for instance, region, price, spot, date, source in prices(folder):
            known = newest.get((instance, region))
            if known is None or known[2] < date:
                newest[instance, region] = (price, spot, date, source)
        for machine in machines(provider):
            regions = [region for instance, region in newest if instance == machine]
            for region in sorted(regions, key=lambda name: (name not in FIRST_REGIONS, name)):
                price, spot, date, source = newest[machine, region]
                writer.writerow([f"{provider}:{machine}", region, per_hour(price), per_hour(spot), date, source])


if __name__ == "__main__":
    main()
