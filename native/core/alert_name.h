#pragma once

#include <string>

namespace dualcast {

/** The field's name of a TLS alert (RFC 5246 7.2), or its number. */
inline std::string alertName(int description) {
	switch (description) {
		case 0:
			return "close_notify";
		case 10:
			return "unexpected_message";
		case 20:
			return "bad_record_mac";
		case 40:
			return "handshake_failure";
		case 42:
			return "bad_certificate";
		case 43:
			return "unsupported_certificate";
		case 46:
			return "certificate_unknown";
		case 47:
			return "illegal_parameter";
		case 48:
			return "unknown_ca";
		case 50:
			return "decode_error";
		case 51:
			return "decrypt_error";
		case 70:
			return "protocol_version";
		case 71:
			return "insufficient_security";
		case 80:
			return "internal_error";
		case 90:
			return "user_canceled";
		case 110:
			return "unsupported_extension";
		default:
			return "alert " + std::to_string(description);
	}
}

}  // namespace dualcast
