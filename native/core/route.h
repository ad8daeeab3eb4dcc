#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "bytes.h"

namespace dualcast {

/** A remote address, and the way to it: a UDP socket, or a TCP connection that JavaScript holds. */
struct Route {
	/** 0 for UDP. */
	uint32_t connection = 0;
	int socket = -1;
	union {
		sockaddr any;
		sockaddr_in v4;
		sockaddr_in6 v6;
	} address{};

	bool overUdp() const { return connection == 0; }
	bool isIPv6() const { return address.any.sa_family == AF_INET6; }
	socklen_t addressLength() const { return isIPv6() ? sizeof(sockaddr_in6) : sizeof(sockaddr_in); }
	uint16_t port() const { return ntohs(isIPv6() ? address.v6.sin6_port : address.v4.sin_port); }
	/** 4 or 16 bytes. */
	View ip() const;
	/** `udp 192.0.2.1:1234` */
	std::string description() const;

	bool operator==(const Route& other) const;

	/** @returns false if the text is no address; a zone is ignored */
	bool setAddress(const std::string& text, uint16_t port);
};

struct RouteHash {
	size_t operator()(const Route& route) const;
};

}  // namespace dualcast
