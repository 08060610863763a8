// Hexadecimal, percent and base64 encoding, and decimal numbers. Decoders refuse the whole text if
// any part of it is malformed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace private_image {

// Lower-case hexadecimal text of the bytes.
std::string toHex(std::span<const unsigned char> bytes);

// Writes the same text to `out`, which has room for two characters per byte, without a terminator.
void writeHex(std::span<const unsigned char> bytes, char* out);

// Percent-decodes. "%" must be followed by two hex digits, else nullopt.
std::optional<std::string> percentDecode(std::string_view text);

// As percentDecode, and "+" is a space (application/x-www-form-urlencoded).
std::optional<std::string> formDecode(std::string_view text);

// Appends the byte as "%" and two upper-case hex digits.
void appendPercentEncoded(std::string& text, char c);

// Percent-encodes all characters except the unreserved characters of RFC 3986 and "/".
std::string percentEncodePath(std::string_view text);

// Encodes a name or value as HTML forms and URLSearchParams do: a space becomes "+", and all
// characters except letters, digits and "*-._" are percent-encoded.
std::string formEncode(std::string_view text);

// Decodes base64, standard or URL-safe alphabet, padding optional; nullopt if malformed.
std::optional<std::string> base64Decode(std::string_view text);

// base64url (RFC 4648, section 5) without padding.
std::string base64UrlEncode(std::string_view bytes);

// The bytes that base64UrlEncode() makes this text of; nullopt for every other spelling of them.
std::optional<std::string> base64UrlDecode(std::string_view text);

// A decimal number without sign, leading zeros allowed, at most `max`; else nullopt.
std::optional<std::uint64_t> parseUnsigned(std::string_view text, std::uint64_t max);

// A decimal number with an optional fraction ("1.5", ".5", "2"), no sign, no exponent,
// at most 12 characters; else nullopt.
std::optional<double> parseDecimal(std::string_view text);

}  // namespace private_image
