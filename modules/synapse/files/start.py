"""Loads what Synapse loads when it starts, up to the point where it would open its database and its ports.

usage: start.py EFFECTIVE OWN_FILE... -- CONFIG_PATH...

Run before a switch, in the sandbox of Synapse's unit, as its user: what cannot be read there would make the
next start fail. EFFECTIVE is effective.py, whose complaints come first; the configuration is read once for both,
which also loads modules and lets each parse its own part. Modules are not instantiated:
that may change something. Exit status 0: everything can be loaded.
"""

import importlib.util
import logging
import os
import sys

import jinja2
from synapse.config import _base
from synapse.config.appservice import load_appservices
from synapse.config.homeserver import HomeServerConfig
from synapse.config.logger import _load_logging_config


class Unusable(Exception):
    """Something cannot be loaded; the text says what."""


def message_of(error):
    """An error as Synapse would say it."""
    if isinstance(error, _base.ConfigError):
        return "".join(_base.format_config_error(error))
    if isinstance(error, Unusable):
        return str(error)
    if isinstance(error, jinja2.TemplateSyntaxError):
        return f"{error.filename}, line {error.lineno}: {error.message}"
    return f"{type(error).__name__}: {error}"


def remembered():
    """The list of configurations that are read from now on."""
    read = []

    def load(*words, original=HomeServerConfig.load_config):
        read.append(original(*words))
        return read[-1]

    HomeServerConfig.load_config = load
    return read


def script(path):
    """A script as a module."""
    spec = importlib.util.spec_from_file_location("effective", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def log(config):
    path = config.logging.log_config
    if path:
        _load_logging_config(path)
        # What follows is reported to whoever runs this.
        logging.disable(logging.CRITICAL)


def registrations(config):
    name, paths = config.server.server_name, config.appservice.app_service_config_files or []
    for path in paths:
        try:
            load_appservices(name, [path])
        except Exception as error:
            raise Unusable(f"{path}: {message_of(error)}") from error
    # Two of them may conflict.
    load_appservices(name, paths)


def certificates(config):
    if config.server.has_tls_listener():
        config.tls.read_certificate_from_disk()


def pages(config):
    """The pages of the terms that users accept, each of which Synapse reads only when it is requested."""
    directory = config.consent.user_consent_template_dir
    if directory is None:
        return
    pages = jinja2.Environment(loader=jinja2.FileSystemLoader(directory))
    for name in pages.list_templates(extensions=["html"]):
        pages.get_template(name)
    pages.get_template(f"en/{config.consent.user_consent_version}.html")


def media(config):
    """Directories in which media are kept."""
    if not config.media.can_load_media_repo:
        return
    directories = [config.media.media_store_path]
    for provider, parsed, _ in config.media.media_storage_providers:
        # Synapse's own provider has its directory as its whole configuration.
        if provider.__name__ == "FileStorageProviderBackend":
            directories.append(parsed)
    for directory in directories:
        os.listdir(directory)
        if not os.access(directory, os.W_OK | os.X_OK):
            raise Unusable(f"Synapse may not write to {directory}: {reason(directory)}")


def reason(directory):
    """Why nothing can be written to a directory."""
    if os.statvfs(directory).f_flag & os.ST_RDONLY:
        return "its unit keeps it read-only (ReadWritePaths= makes an exception)"
    return "its owner or mode does not allow it"


STEPS = {
    "the log's configuration": log,
    "registrations of application services": registrations,
    "certificates": certificates,
    "the pages of the terms": pages,
    "the media": media,
}


def complaints(config):
    for name, load in STEPS.items():
        try:
            load(config)
        except Exception as error:  # Whatever this is would make Synapse itself exit.
            yield f"{name}: {message_of(error)}"


def main(words):
    read = remembered()
    status = script(words[0]).main(words[1:])
    if status != 0:
        return status
    found = list(complaints(read[-1]))
    for complaint in found:
        print(complaint, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
