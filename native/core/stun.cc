#include "stun.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>

#include "byte_order.h"

namespace dualcast::stun {
namespace {

constexpr size_t HEADER = 20;
constexpr uint32_t MAGIC_COOKIE = 0x2112a442;
constexpr size_t TRANSACTION_ID = 12;
constexpr size_t ATTRIBUTE_HEADER = 4;

constexpr uint16_t USERNAME = 0x0006;
constexpr uint16_t MESSAGE_INTEGRITY = 0x0008;
constexpr uint16_t XOR_MAPPED_ADDRESS = 0x0020;
constexpr uint16_t USE_CANDIDATE = 0x0025;
constexpr uint16_t FINGERPRINT = 0x8028;

constexpr size_t INTEGRITY_LENGTH = 20;
constexpr size_t FINGERPRINT_LENGTH = 4;
constexpr uint32_t FINGERPRINT_XOR = 0x5354554e;
constexpr uint8_t IPV4 = 1;
constexpr uint8_t IPV6 = 2;

using Integrity = std::array<uint8_t, INTEGRITY_LENGTH>;

constexpr std::array<uint32_t, 256> crcTable() {
	std::array<uint32_t, 256> table{};
	for (uint32_t byte = 0; byte < table.size(); byte++) {
		uint32_t value = byte;
		for (int bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >> 1) : value >> 1;
		table[byte] = value;
	}
	return table;
}

uint32_t fingerprint(View before) {
	static constexpr std::array<uint32_t, 256> table = crcTable();
	uint32_t crc = 0xffffffff;
	for (size_t at = 0; at < before.size; at++) crc = table[(crc ^ before.data[at]) & 0xff] ^ (crc >> 8);
	return ~crc ^ FINGERPRINT_XOR;
}

/** The header's length counts as if the message ended with this attribute. */
Integrity integrity(View before, const std::string& password) {
	Bytes message = before.copy();
	writeU16(&message[2], static_cast<uint16_t>(before.size - HEADER + ATTRIBUTE_HEADER + INTEGRITY_LENGTH));
	Integrity result{};
	unsigned length = INTEGRITY_LENGTH;
	HMAC(EVP_sha1(), password.data(), static_cast<int>(password.size()), message.data(), message.size(), result.data(),
	     &length);
	return result;
}

size_t padded(size_t length) { return (length + 3) / 4 * 4; }

void append(Bytes& message, uint16_t type, View value) {
	const size_t start = message.size();
	message.resize(start + ATTRIBUTE_HEADER + padded(value.size));
	writeU16(&message[start], type);
	writeU16(&message[start + 2], static_cast<uint16_t>(value.size));
	std::copy(value.data, value.data + value.size, message.begin() + static_cast<long>(start + ATTRIBUTE_HEADER));
}

Bytes header(uint16_t type, View transactionId) {
	Bytes message(HEADER);
	writeU16(&message[0], type);
	writeU32(&message[4], MAGIC_COOKIE);
	std::copy(transactionId.data, transactionId.data + TRANSACTION_ID, message.begin() + (HEADER - TRANSACTION_ID));
	return message;
}

/** Ends a message with MESSAGE-INTEGRITY and FINGERPRINT. */
Bytes seal(Bytes message, const std::string& password) {
	const Integrity value = integrity(message, password);
	append(message, MESSAGE_INTEGRITY, {value.data(), value.size()});
	writeU16(&message[2], static_cast<uint16_t>(message.size() - HEADER + ATTRIBUTE_HEADER + FINGERPRINT_LENGTH));
	uint8_t checksum[FINGERPRINT_LENGTH];
	writeU32(checksum, fingerprint(message));
	append(message, FINGERPRINT, {checksum, sizeof checksum});
	return message;
}

}  // namespace

std::optional<Message> parse(View bytes) {
	if (bytes.size < HEADER || bytes.size % 4 != 0 || !isStun(bytes)) return {};
	const uint8_t* const data = bytes.data;
	if (readU16(data + 2) != bytes.size - HEADER || readU32(data + 4) != MAGIC_COOKIE) return {};
	Message message;
	message.type = readU16(data);
	message.transactionId = {data + HEADER - TRANSACTION_ID, TRANSACTION_ID};
	for (size_t position = HEADER; position + ATTRIBUTE_HEADER <= bytes.size;) {
		const uint16_t type = readU16(data + position);
		const size_t length = readU16(data + position + 2);
		const size_t value = position + ATTRIBUTE_HEADER;
		const size_t next = value + padded(length);
		if (next > bytes.size) return {};
		if (type == FINGERPRINT) {
			const bool whole = next == bytes.size && length == FINGERPRINT_LENGTH;
			if (!whole || readU32(data + value) != fingerprint({data, position})) return {};
			return message;
		}
		if (!message.integrityPosition) {
			if (type == USERNAME) {
				message.username = std::string_view(reinterpret_cast<const char*>(data + value), length);
			} else if (type == USE_CANDIDATE) {
				message.useCandidate = true;
			} else if (type == MESSAGE_INTEGRITY && length == INTEGRITY_LENGTH) {
				message.integrityPosition = position;
			}
		}
		position = next;
	}
	return {};
}

bool isAuthentic(View bytes, const Message& message, const std::string& password) {
	if (!message.integrityPosition) return false;
	const size_t position = *message.integrityPosition;
	const Integrity expected = integrity({bytes.data, position}, password);
	return CRYPTO_memcmp(expected.data(), bytes.data + position + ATTRIBUTE_HEADER, expected.size()) == 0;
}

Bytes bindingSuccess(const Message& request, const Route& remote, const std::string& password) {
	Bytes message = header(BINDING_SUCCESS, request.transactionId);
	const View ip = remote.ip();
	Bytes mapped(4 + ip.size);
	mapped[1] = ip.size == sizeof(in_addr) ? IPV4 : IPV6;
	writeU16(&mapped[2], static_cast<uint16_t>(remote.port() ^ (MAGIC_COOKIE >> 16)));
	for (size_t at = 0; at < ip.size; at++) mapped[4 + at] = ip.data[at] ^ message[4 + at];
	append(message, XOR_MAPPED_ADDRESS, mapped);
	return seal(std::move(message), password);
}

Bytes bindingRequest(View transactionId, const std::string& username, const std::string& password, bool nominate) {
	Bytes message = header(BINDING_REQUEST, transactionId);
	append(message, USERNAME, {reinterpret_cast<const uint8_t*>(username.data()), username.size()});
	if (nominate) append(message, USE_CANDIDATE, {});
	return seal(std::move(message), password);
}

}  // namespace dualcast::stun
