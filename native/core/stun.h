#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bytes.h"
#include "route.h"

/** The messages of STUN (RFC 8489) that ICE (RFC 8445) sends to a lite agent and gets from it. */
namespace dualcast::stun {

constexpr uint16_t BINDING_REQUEST = 0x0001;
constexpr uint16_t BINDING_SUCCESS = 0x0101;

/** What a lite agent reads of a message whose framing and FINGERPRINT are right. Refers to the message's bytes. */
struct Message {
	uint16_t type = 0;
	View transactionId;
	std::optional<std::string_view> username;
	bool useCandidate = false;
	/** Position of the MESSAGE-INTEGRITY attribute. Nothing after it is read but FINGERPRINT. */
	std::optional<size_t> integrityPosition;
};

/** True for what RFC 7983 gives to STUN by its first byte. */
inline bool isStun(View datagram) { return datagram.size > 0 && datagram.data[0] < 4; }

/** @returns nothing for anything that is not a whole STUN message with a correct FINGERPRINT */
std::optional<Message> parse(View bytes);

/** True if the message carries MESSAGE-INTEGRITY and it was made with this password (RFC 8489 14.5). */
bool isAuthentic(View bytes, const Message& message, const std::string& password);

/** The success response to a binding request that came from this address (RFC 8489 6.3.1.1). */
Bytes bindingSuccess(const Message& request, const Route& remote, const std::string& password);

/** A connectivity check, for tests and load. @param transactionId 12 bytes */
Bytes bindingRequest(View transactionId, const std::string& username, const std::string& password, bool nominate);

}  // namespace dualcast::stun
