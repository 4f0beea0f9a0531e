CONFIG = {"metadata": {"local": ["/srv/trial/idp.xml"]}}
