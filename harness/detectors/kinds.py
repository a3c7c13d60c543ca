"""Kinds of this house for the labels of other people's detectors."""

from __future__ import annotations

_LABELS = {
    "person": "PER PERS PERSON NAME GIVENNAME SURNAME FIRSTNAME LASTNAME MIDDLENAME FULLNAME PATIENT",
    "address": "ADDRESS STREET STREET_ADDRESS STREETADDRESS STREET_NAME BUILDINGNUM BUILDINGNUMBER",
    "location": "LOC LOCATION GPE FAC CITY STATE COUNTY COUNTRY ZIPCODE ZIP_CODE ZIP POSTCODE",
    "organization": "ORG ORGANIZATION ORGANISATION COMPANY COMPANYNAME",
    "email": "EMAIL EMAIL_ADDRESS EMAILADDRESS E_MAIL",
    "phone": "PHONE PHONE_NUMBER PHONENUMBER TELEPHONENUM TELEPHONE MOBILE_PHONE_NUMBER",
    "card": "CREDIT_CARD CREDITCARDNUMBER CREDIT_CARD_NUMBER CARD CARD_NUMBER",
    "iban": "IBAN IBAN_CODE",
    "ssn": "SSN US_SSN SOCIALNUM SOCIAL_SECURITY_NUMBER",
    "ip": "IP IP_ADDRESS IPV4 IPV6 IPADDRESS",
    "mac": "MAC MAC_ADDRESS",
    "crypto": "CRYPTO BITCOINADDRESS ETHEREUMADDRESS LITECOINADDRESS",
    "secret": "PASSWORD SECRET",
    "date": "DATE DATE_TIME DATEOFBIRTH DOB TIME",
    "url": "URL DOMAIN_NAME",
    "age": "AGE",
    "title": "TITLE PREFIX",
    "nationality": "NRP NORP NATIONALITY",
    "driver-license": "US_DRIVER_LICENSE DRIVERLICENSENUM DRIVER_LICENSE",
    "passport": "US_PASSPORT PASSPORT PASSPORTNUM",
    "bank-account": "US_BANK_NUMBER ACCOUNTNUM ACCOUNTNUMBER BANK_ACCOUNT",
    "cn-id": "CN_ID",
    "cn-mobile": "CN_MOBILE",
    "cn-uscc": "CN_USCC",
    "cloud-key": "AWS_KEY",
}
_KIND = {label: kind for kind, labels in _LABELS.items() for label in labels.split()}


def kind_of_label(label: str) -> str | None:
    """Return the kind of a label such as ``B-PER`` or ``phone number``; None for one of no kind."""
    plain = label.upper().replace("-", "_").replace(" ", "_")
    for prefix in ("B_", "I_", "E_", "S_", "L_", "U_"):
        if plain.startswith(prefix) and plain.removeprefix(prefix) in _KIND:
            plain = plain.removeprefix(prefix)
    return _KIND.get(plain)
