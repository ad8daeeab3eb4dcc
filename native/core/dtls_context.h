#pragma once

#include <openssl/ssl.h>

#include <memory>

#include "bytes.h"
#include "webrtc_algorithms.h"

namespace dualcast {

struct SslContextDeleter {
	void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslContext = std::unique_ptr<SSL_CTX, SslContextDeleter>;

/**
 * What all DTLS sessions of this server share: DTLS 1.2 only, a client certificate required, SRTP (RFC 5764).
 *
 * @param algorithms must outlive it
 * @param certificate X.509, DER
 * @param privateKey PKCS #8, DER
 * @throws std::invalid_argument when they cannot be used
 */
SslContext makeDtlsServerContext(const WebrtcAlgorithms& algorithms, View certificate, View privateKey);

}  // namespace dualcast
