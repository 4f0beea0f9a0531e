#!/bin/sh
# Makes in this directory: an authority (root.crt) and, signed by its intermediate, chains with one fault each for the
# names of the trial: NAME.pem with NAME.key.
set -eu

p256() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>/dev/null; }

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
: >index.txt

# authority NAME [ISSUER]
authority() {
    p256 "$1"
    openssl req -new -key "$1.key" -subj "/CN=$1" -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=keyCertSign' -out csr
    set -- "$1" "${2:-$1}"
    if [ "$1" = "$2" ]; then
        openssl x509 -req -in csr -signkey "$1.key" -copy_extensions copy -days 30 -out "$1.crt" 2>/dev/null
    else
        openssl x509 -req -in csr -CA "$2.crt" -CAkey "$2.key" -CAcreateserial -copy_extensions copy -days 30 -out "$1.crt" 2>/dev/null
    fi
}

# leaf NAME ISSUER BEGIN END DNS-NAMES
leaf() {
    p256 "$1"
    openssl req -new -key "$1.key" -subj "/CN=$1" -addext "subjectAltName=$5" -out csr
    openssl ca -batch -notext -config ca.cnf -cert "$2.crt" -keyfile "$2.key" -in csr -startdate "$3" -enddate "$4" \
        -out "$1.crt" 2>/dev/null
    cat "$1.crt" "$2.crt" >"$1.pem"
}

now=$(date -u +%Y%m%d%H%M%SZ) year=$(date -u -d '+300 days' +%Y%m%d%H%M%SZ)
names=DNS:hs.test,DNS:matrix.hs.test
authority root
authority middle root
authority stranger
leaf good middle "$now" "$year" "$names"
leaf ended middle 20200101000000Z 20210101000000Z "$names"
leaf early middle "$year" 21000101000000Z "$names"
leaf other middle "$now" "$year" DNS:hs.test,DNS:other.test
leaf foreign stranger "$now" "$year" "$names"
cp good.key alone.key
cp good.crt alone.pem
