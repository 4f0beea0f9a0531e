#!/bin/sh
# Makes the chains of certificates.rs in the current directory: one per row of its table, named after it.
set -eu

# sign NAME ISSUER EXTENSIONS [OPTION]...: NAME.crt for NAME.key with the subject $subject.
sign() {
    name=$1 issuer=$2 extensions=$3
    shift 3
    printf '%b' "$extensions" >extensions.cnf
    openssl req -new -key "$name.key" -subj "/CN=$subject" -out csr
    if [ "$name" = "$issuer" ]; then
        openssl x509 -req -in csr -signkey "$name.key" -extfile extensions.cnf -out "$name.crt" "$@"
    else
        openssl x509 -req -in csr -CA "$issuer.crt" -CAkey "$issuer.key" -CAcreateserial -extfile extensions.cnf \
            -out "$name.crt" "$@"
    fi
}

p256() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"; }

# leaf NAME EXTENSIONS [OPTION]...: a certificate signed by the intermediate, and its full chain.
leaf() {
    name=$1
    shift
    [ -e "$name.key" ] || p256 "$name"
    subject=example.org
    extensions=$names$1
    shift
    sign "$name" middle "$extensions" -days 90 "$@"
    cat "$name.crt" middle.crt >"$name.pem"
}

names='authorityKeyIdentifier=keyid\nsubjectAltName=DNS:example.org,DNS:matrix.example.org\n'
authority='basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\nsubjectKeyIdentifier=hash\n'
p256 root && subject=Root && sign root root "$authority" -days 3650
p256 middle && subject=Middle && sign middle root "$authority" -days 3650
p256 stranger && subject=Stranger && sign stranger stranger "$authority" -days 3650

mkdir renewed && p256 renewed/middle && subject=Middle && sign renewed/middle root "$authority" -days 3650

# Correct, and accepted by every client.
leaf good 'basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n'
leaf plain ''
leaf any 'extendedKeyUsage=anyExtendedKeyUsage\n'
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out p384.key && leaf p384 ''
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.key && leaf rsa ''
leaf year '' -days 825
sed 's/$/\r/' good.pem >crlf.pem
{ printf 'Subject: example.org\nwith a - dash\n'; cat good.pem; } >text_before.pem
{ printf '\357\273\277'; cat good.pem; } >bom.pem
sed 's/$/ \t/' good.pem >blanks_behind.pem
sed 's/CERTIFICATE/X509 CERTIFICATE/' good.pem >x509_label.pem
cat good.pem root.crt >with_root.pem

# Contents of the certificate itself.
leaf client 'extendedKeyUsage=clientAuth\n'
leaf code 'extendedKeyUsage=codeSigning,emailProtection\n'
leaf unsigning 'keyUsage=keyEncipherment\n'
leaf authority_leaf 'basicConstraints=CA:TRUE\n'
openssl genpkey -algorithm ED25519 -out ed25519.key && leaf ed25519 ''
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521 -out p521.key && leaf p521 ''
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out rsa1024.key && leaf rsa1024 ''
leaf sha1 '' -sha1
leaf century '' -days 36500
leaf ended ''
cp middle.key ended.key
cat >ca.cnf <<'CONFIG'
[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
rand_serial = yes
policy = any
unique_subject = no
copy_extensions = copy
default_md = sha256
[any]
commonName = supplied
CONFIG
dated() {
    : >index.txt
    openssl req -new -key good.key -subj /CN=example.org -addext "subjectAltName=DNS:example.org,DNS:matrix.example.org" -out csr
    openssl ca -batch -notext -config ca.cnf -cert middle.crt -keyfile middle.key -in csr -startdate "$2" -enddate "$3" \
        -out "$1.crt"
    cat "$1.crt" middle.crt >"$1.pem"
}
dated backwards 20300101000000Z 20290101000000Z
dated ended 20200101000000Z 20210101000000Z
dated future 21000101000000Z 21000201000000Z
openssl req -x509 -key good.key -subj /CN=example.org -days 90 -out self_signed.pem \
    -addext "subjectAltName=DNS:example.org,DNS:matrix.example.org"
cp good.crt signer.crt && cp good.key signer.key
p256 forged && subject=chat.example.org && sign forged signer "$names" -days 90
cat forged.crt good.crt middle.crt >signed_by_leaf.pem

# Order of the chain.
cat middle.crt good.crt >middle_first.pem
cat good.crt root.crt >gap.pem
cat good.crt renewed/middle.crt >namesake.pem
cat good.crt good.crt middle.crt >twice.pem
cat good.crt stranger.crt >stranger.pem
cp good.crt alone.pem
cat good.pem good.key >with_key.pem

# Not PEM, or PEM that OpenSSL cannot read.
openssl x509 -in good.crt -outform DER -out der.pem
openssl crl2pkcs7 -nocrl -certfile good.pem -out pkcs7.pem
openssl crl2pkcs7 -nocrl -certfile good.pem -outform DER -out pkcs7_der.pem
openssl pkcs12 -export -inkey good.key -in good.pem -passout pass:x -out pkcs12.pem
iconv -t UTF-16 good.pem >utf16.pem
sed 's/^/  /' good.pem >indented.pem
{ cat good.crt; sed 's/^/\t/' middle.crt; } >second_indented.pem
{ printf %s "$(cat good.crt)"; cat middle.crt; } >joined.pem
tr -d '\n' <good.crt >one_line.pem
tr '\n' '\r' <good.pem >old_mac.pem
head -n 4 good.crt >cut.pem
sed 's/^-----B/----B/' good.pem >dashes.pem
sed 's/^\(.*\)A\(.*\)A/\1!\2A/' good.crt >damaged.pem
sed '3G' good.pem >empty_line.pem
openssl req -new -key good.key -subj /CN=example.org -out request.pem
openssl pkey -in good.key -pubout -out public_key.pem
cp good.key private_key.pem
: >nothing.pem
