#!/usr/bin/env bash
# Signs a URL as the two services' clients do, with nothing but openssl: the recipe to copy into any
# language. For the demo's own key; a secret worth keeping does not belong on a command line, where
# other users see it.
set -euo pipefail

if (($# != 5)); then
    cat >&2 <<'END'
usage: sign.sh imagekit|cloudflare KEYFILE PREFIX TARGET EXPIRY

  PREFIX   what stands before the image's path, as in private_image_prefix: /ik/
  TARGET   path and query as they are sent, already escaped: /ik/tr:w-600/photo.jpg
  EXPIRY   unix time in seconds: $(date -d '+1 hour' +%s)
END
    exit 2
fi
readonly dialect=$1 key_file=$2 prefix=$3 target=$4 expiry=$5

# $(...) drops the trailing newline of the key, as the module does.
hmac() {
    openssl dgst "-$1" -hmac "$(<"$key_file")" -r | cut -d ' ' -f 1
}

# What joins one more parameter to the target.
joint='?'
[[ $target != *\?* ]] || joint='&'

case $dialect in
    imagekit)
        # Signed is what follows the endpoint, with the expiry at its end and nothing between.
        signature=$(printf '%s%s' "${target#"$prefix"}" "$expiry" | hmac sha1)
        echo "$target${joint}ik-t=$expiry&ik-s=$signature"
        ;;
    cloudflare)
        # Signed is all of it, the expiry included; the signature comes last.
        signature=$(printf '%s' "$target${joint}exp=$expiry" | hmac sha256)
        echo "$target${joint}exp=$expiry&sig=$signature"
        ;;
    *)
        echo "sign.sh: there is no dialect \"$dialect\"" >&2
        exit 2
        ;;
esac
