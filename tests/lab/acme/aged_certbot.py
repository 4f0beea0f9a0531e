#!/usr/bin/python3
"""aged-certbot AGE LIFE WORD...: certbot whose orders ask for a certificate that is AGE hours old already and lives LIFE hours."""
import datetime
import sys

from acme import messages
from certbot import main

age, life = (datetime.timedelta(hours=float(word)) for word in sys.argv[1:3])
start = datetime.datetime.now(datetime.timezone.utc) - age
plain = messages.NewOrder.to_partial_json


def dated(order):
    stamp = lambda time: time.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {**plain(order), "notBefore": stamp(start), "notAfter": stamp(start + life)}


messages.NewOrder.to_partial_json = dated
sys.exit(main.main(sys.argv[3:]))
