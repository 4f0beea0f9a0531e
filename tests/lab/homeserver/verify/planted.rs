//! The faults: a script on the guest (`$front`, `$pieces` and `$documents` are nginx's file, the directory of its
//! snippets, and that of the documents), the step that must fail, and the expected message.

/// One fault.
pub(super) struct Planted {
    pub(super) name: &'static str,
    pub(super) script: &'static str,
    pub(super) step: &'static str,
    /// Words that one fault of the step contains, all of them.
    pub(super) words: &'static [&'static str],
}

const fn plant(
    name: &'static str,
    script: &'static str,
    step: &'static str,
    words: &'static [&'static str],
) -> Planted {
    Planted { name, script, step, words }
}

/// Faults that do not mask each other.
pub(super) const TOGETHER: &[&[Planted]] = &[
    &[
        plant(
            "HSTS missing on a document",
            "sed -i '/location = .*matrix.client/,/^    }/ { /headers.conf/d }' $front\n",
            "hsts",
            &[
                "https://hs.test/.well-known/matrix/client",
                "no strict-transport-security (status 200)",
            ],
        ),
        plant(
            "HSTS missing on what is not there",
            "sed -i 's|location / {|location / { add_header X-Mine yes always;|' $front\n",
            "hsts",
            &["https://matrix.hs.test/nobody-is-here", "no strict-transport-security (status 404)"],
        ),
        plant(
            "HSTS too short on an answer of Synapse",
            "sed -i 's|location ^~ /_matrix/ {|&\\nadd_header Strict-Transport-Security max-age=60 always;|' $front\n",
            "hsts",
            &["https://matrix.hs.test/_matrix/", "strict-transport-security: max-age=60"],
        ),
        plant(
            "a document of another type",
            "sed -i '/location = .*matrix.client/,/^    }/ s|application/json|text/plain|' $front\n",
            "documents",
            &["/.well-known/matrix/client", "content-type: text/plain", "application/json"],
        ),
        plant(
            "a document that browsers may not read",
            "sed -i '/location = .*matrix.server/,/^    }/ { /Access-Control/d }' $front\n",
            "documents",
            &["/.well-known/matrix/server", "no access-control-allow-origin"],
        ),
        plant(
            "a document that says something else",
            "sed -i 's|matrix.hs.test|other.hs.test|' $documents/client.json\n",
            "documents",
            &[
                "/.well-known/matrix/client",
                "`m.homeserver`.`base_url`: \"https://other.hs.test",
                "https://matrix.hs.test",
            ],
        ),
        plant(
            "what is left of the proxy",
            "sed -i '1 s|{|{\"org.matrix.msc3575.proxy\":{\"url\":\"https://slidingsync.hs.test\"},|' $documents/client.json\n",
            "old-proxy",
            &["it has `org.matrix.msc3575.proxy`"],
        ),
        plant(
            "a proxy that decodes",
            "sed -i '/location ^~ ._matrix. {/,/^    }/ s#proxy_pass \\(http://[^;/]*\\);#proxy_pass \\1/_matrix/;#' $front\n",
            "encoded",
            &["%23no%2Fbody", "#no/body:hs.test"],
        ),
        plant(
            "a port that is open",
            "systemd-run -q --unit planted socat TCP-LISTEN:8008,bind=$(hostname -I | cut -d ' ' -f 1),fork,reuseaddr EXEC:true 2>/dev/null || systemd-run -q --unit planted python3 -m http.server 8008 --bind \"$(hostname -I | cut -d ' ' -f 1)\"\nuntil ss -Hltn 'sport = :8008' | grep -qv 127.0.0.1; do sleep 0.02; done\n",
            "ports",
            &[":8008", "the port answers"],
        ),
        plant(
            "a header that is missing without TLS, where it must be",
            "sed -i 's|return 301 https://$host$request_uri;|return 302 https://www.hs.test/;|' $front\n",
            "plain",
            &["http://hs.test/nobody-is-here", "location: https://www.hs.test/"],
        ),
    ],
    &[
        plant(
            "TLS 1.0",
            "printf 'ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;\\nssl_ciphers ALL:@SECLEVEL=0;\\n' >/root/old\nsed -i '/ssl_protocols/d; /ssl_ciphers/d' $pieces/tls.conf\ncat /root/old >>$pieces/tls.conf\n",
            "tls",
            &["443", "it speaks TLS 1.0"],
        ),
        plant("TLS 1.1", "", "tls", &["443", "it speaks TLS 1.1"]),
        plant("weak suites", "", "tls", &["443", "it speaks TLS 1.2 with CBC"]),
        plant(
            "the admin API, plainly",
            "sed -i 's|location ^~ /_synapse/admin { return 404; }|location ^~ /_synapse/admin { proxy_pass http://127.0.0.1:8008; }|' $front\n",
            "admin-hidden",
            &["https://matrix.hs.test/_synapse/admin/v1/server_version"],
        ),
        plant(
            "the signature of its keys",
            "curl -sS http://127.0.0.1:8008/_matrix/key/v2/server | sed 's|\"valid_until_ts\":1|\"valid_until_ts\":2|' >/root/keys.json\nchmod 644 /root/keys.json && mkdir -p /srv/planted && cp /root/keys.json /srv/planted/\nsed -i 's|location ^~ /_matrix/ {|location = /_matrix/key/v2/server { alias /srv/planted/keys.json; include /etc/nginx/matrixform/headers.conf; }\\n&|' $front\n",
            "identity",
            &["a valid signature of `hs.test`"],
        ),
    ],
    &[
        plant(
            "the admin API, by a second slash",
            "sed -i 's|location ^~ /_matrix/ {|merge_slashes off;\\nlocation ^~ //_synapse/ { proxy_pass http://127.0.0.1:8008/_synapse/; }\\n&|' $front\n",
            "admin-hidden",
            &["https://matrix.hs.test//_synapse/admin/v1/server_version"],
        ),
        plant(
            "the keys of another server",
            "curl -sS http://127.0.0.1:8008/_matrix/key/v2/server | sed 's|hs.test|other.test|g' >/root/keys.json\nmkdir -p /srv/planted && cp /root/keys.json /srv/planted/ && chmod 644 /srv/planted/keys.json\nsed -i 's|location ^~ /_matrix/ {|location = /_matrix/key/v2/server { alias /srv/planted/keys.json; include /etc/nginx/matrixform/headers.conf; }\\n&|' $front\n",
            "identity",
            &["the keys of `other.test`", "those of `hs.test`"],
        ),
        plant(
            "old software",
            "sed -i 's|location ^~ /_matrix/ {|location = /_matrix/federation/v1/version { default_type application/json; return 200 \"{\\\\\"server\\\\\":{\\\\\"name\\\\\":\\\\\"Synapse\\\\\",\\\\\"version\\\\\":\\\\\"1.98.0\\\\\"}}\"; include /etc/nginx/matrixform/headers.conf; }\\n&|' $front\n",
            "security-fixes",
            &["version 1.98.0"],
        ),
        plant(
            "open registration",
            "sed -i 's|location ^~ /_matrix/ {|location = /_matrix/client/v3/register { default_type application/json; return 401 \"{\\\\\"flows\\\\\":[{\\\\\"stages\\\\\":[\\\\\"m.login.dummy\\\\\"]}]}\"; include /etc/nginx/matrixform/headers.conf; }\\n&|' $front\n",
            "registration",
            &[
                "POST https://matrix.hs.test/_matrix/client/v3/register",
                "m.login.dummy",
                "`m.login.registration_token` in each flow",
            ],
        ),
    ],
];

/// Faults that mask others.
pub(super) const ALONE: &[Planted] = &[
    plant(
        "no document",
        "sed -i 's|location = .*matrix.server.* {|location = /.well-known/matrix/nobody {|' $front\n",
        "delegation",
        &["status 404", "other servers connect to hs.test:8448"],
    ),
    plant(
        "a document that is no JSON",
        "echo '<html>' >$documents/server.json\n",
        "delegation",
        &["it is not JSON: <html>"],
    ),
    plant(
        "a document that leads elsewhere",
        "echo '{\"m.server\":\"other.hs.test:443\"}' >$documents/server.json\n",
        "delegation",
        &["other servers connect to other.hs.test:443", "matrix.hs.test:443"],
    ),
    plant(
        "a document without a port",
        "echo '{\"m.server\":\"matrix.hs.test\"}' >$documents/server.json\n",
        "delegation",
        &["other servers connect to matrix.hs.test:8448", "no port given"],
    ),
    plant(
        "a document with a URL",
        "echo '{\"m.server\":\"https://matrix.hs.test\"}' >$documents/server.json\n",
        "delegation",
        &["`m.server` is not a server name", "without `https://`"],
    ),
    plant(
        "a document that leads in circles",
        "sed -i '/location = .*matrix.server.* {/,/^    }/ s|types { }|return 302 https://hs.test/.well-known/matrix/server;|' $front\n",
        "delegation",
        &["more than 5 redirects"],
    ),
    plant(
        "a certificate that ended",
        "cp /root/chains/ended.pem /etc/ssl/matrixform/front.crt; cp /root/chains/ended.key /etc/ssl/matrixform/front.key\n",
        "certificate",
        &["matrix.hs.test:443", "expired on 2021-01-01"],
    ),
    plant(
        "a certificate that has not begun",
        "cp /root/chains/early.pem /etc/ssl/matrixform/front.crt; cp /root/chains/early.key /etc/ssl/matrixform/front.key\n",
        "certificate",
        &["matrix.hs.test:443", "the certificate is valid from"],
    ),
    plant(
        "a certificate for another name",
        "cp /root/chains/other.pem /etc/ssl/matrixform/front.crt; cp /root/chains/other.key /etc/ssl/matrixform/front.key\n",
        "certificate",
        &[
            "matrix.hs.test:443",
            "the certificate is for hs.test, other.test",
            "a certificate for matrix.hs.test",
        ],
    ),
    plant(
        "a certificate of an authority that nobody knows",
        "cp /root/chains/foreign.pem /etc/ssl/matrixform/front.crt; cp /root/chains/foreign.key /etc/ssl/matrixform/front.key\n",
        "certificate",
        &["hs.test:443", "its issuer, stranger, is not trusted here"],
    ),
    plant(
        "a certificate without its intermediate",
        "cp /root/chains/alone.pem /etc/ssl/matrixform/front.crt; cp /root/chains/alone.key /etc/ssl/matrixform/front.key\n",
        "certificate",
        &["hs.test:443", "the intermediate certificate of middle is missing"],
    ),
];
