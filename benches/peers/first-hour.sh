#!/bin/sh
# first-hour.sh: after first-apply.sh, the certificate of an authority, the first admin and an invitation, as done by
# hand: it tests nothing before asking the authority, and does not look for existing results.
# shellcheck disable=SC1091,SC2154 # ./work sets the variables
set -eu
cd "$(dirname "$0")"
. ./work
front=/etc/ssl/matrixform/front
api=http://127.0.0.1:8008

mkdir -p /etc/letsencrypt/renewal-hooks/deploy
cat >/etc/letsencrypt/renewal-hooks/deploy/front <<END
#!/bin/sh
install -m 600 "\$RENEWED_LINEAGE/privkey.pem" $front.key
install -m 644 "\$RENEWED_LINEAGE/fullchain.pem" $front.crt
systemctl reload nginx
END
chmod 755 /etc/letsencrypt/renewal-hooks/deploy/front
REQUESTS_CA_BUNDLE=/etc/ssl/matrixform/acme-directory.crt certbot certonly -q -n --agree-tos -m admin@example.org --server "$directory" \
    --webroot -w /var/lib/acme-challenge -d matrix.example.org -d example.org
RENEWED_LINEAGE=/etc/letsencrypt/live/matrix.example.org /etc/letsencrypt/renewal-hooks/deploy/front

password=$(openssl rand -base64 18)
"$venv/bin/register_new_matrix_user" -c "$registration" -u ada -p "$password" -a "$api" >/dev/null
token=$(curl -sf "$api/_matrix/client/v3/login" -d "{\"type\":\"m.login.password\",\"identifier\":{\"type\":\"m.id.user\",\"user\":\"ada\"},\"password\":\"$password\"}" |
    sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p')
curl -sf -H "Authorization: Bearer $token" "$api/_synapse/admin/v1/registration_tokens/new" -d '{"uses_allowed":1}'
curl -sf -H "Authorization: Bearer $token" "$api/_matrix/client/v3/logout" -d '{}'
