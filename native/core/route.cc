#include "route.h"

#include <arpa/inet.h>

#include <cstring>
#include <functional>
#include <string_view>

namespace dualcast {

View Route::ip() const {
	if (isIPv6()) return {reinterpret_cast<const uint8_t*>(&address.v6.sin6_addr), sizeof(in6_addr)};
	return {reinterpret_cast<const uint8_t*>(&address.v4.sin_addr), sizeof(in_addr)};
}

std::string Route::description() const {
	char text[INET6_ADDRSTRLEN] = "";
	inet_ntop(address.any.sa_family, ip().data, text, sizeof text);
	const std::string host = isIPv6() ? "[" + std::string(text) + "]" : text;
	return (overUdp() ? "udp " : "tcp ") + host + ":" + std::to_string(port());
}

bool Route::operator==(const Route& other) const {
	if (connection != other.connection || port() != other.port()) return false;
	const View mine = ip();
	const View theirs = other.ip();
	return mine.size == theirs.size && std::memcmp(mine.data, theirs.data, mine.size) == 0;
}

bool Route::setAddress(const std::string& text, uint16_t port) {
	address = {};
	if (inet_pton(AF_INET, text.c_str(), &address.v4.sin_addr) == 1) {
		address.v4.sin_family = AF_INET;
		address.v4.sin_port = htons(port);
		return true;
	}
	if (inet_pton(AF_INET6, text.substr(0, text.find('%')).c_str(), &address.v6.sin6_addr) != 1) return false;
	address.v6.sin6_family = AF_INET6;
	address.v6.sin6_port = htons(port);
	return true;
}

size_t RouteHash::operator()(const Route& route) const {
	const View ip = route.ip();
	const size_t address = std::hash<std::string_view>{}({reinterpret_cast<const char*>(ip.data), ip.size});
	return address ^ (static_cast<size_t>(route.port()) << 32 | route.connection) * 0x9e3779b97f4a7c15u;
}

}  // namespace dualcast
