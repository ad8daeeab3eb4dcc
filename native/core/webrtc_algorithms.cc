#include "webrtc_algorithms.h"

#include <openssl/core_dispatch.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace dualcast {
namespace {

/** Of every kind: ciphers, keys, their decoders and so on, each by the first of its names. */
constexpr std::string_view SELECTED[] = {
    "AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305",
    "SHA1", "SHA2-256", "SHA2-384", "SHA2-512", "HMAC", "TLS1-PRF",
    "CTR-DRBG", "SEED-SRC",
    "X25519", "EC", "ECDH", "ECDSA", "RSA", "ED25519",
};

bool isSelected(const OSSL_ALGORITHM& algorithm) {
	const std::string_view names = algorithm.algorithm_names;
	const std::string_view first = names.substr(0, names.find(':'));
	return std::find(std::begin(SELECTED), std::end(SELECTED), first) != std::end(SELECTED);
}

/** What a provider says of itself that has those algorithms of another one. */
struct Selection {
	std::array<std::vector<OSSL_ALGORITHM>, OSSL_OP__HIGHEST + 1> algorithms;
	std::vector<OSSL_DISPATCH> functions;

	explicit Selection(const OSSL_PROVIDER* provider);
};

/** OpenSSL's default provider, while one that selects from it starts on this thread. */
thread_local const OSSL_PROVIDER* everything;

/** The same in every library context, but made when the first provider starts. */
const Selection& selection() {
	static const Selection made(everything);
	return made;
}

const OSSL_ALGORITHM* query(void*, int operation, int* uncached) {
	*uncached = 0;
	return operation < 0 || operation > OSSL_OP__HIGHEST ? nullptr
	                                                     : selection().algorithms[static_cast<size_t>(operation)].data();
}

int start(const OSSL_CORE_HANDLE*, const OSSL_DISPATCH*, const OSSL_DISPATCH** functions, void** context) {
	*functions = selection().functions.data();
	*context = OSSL_PROVIDER_get0_provider_ctx(everything);
	return 1;
}

Selection::Selection(const OSSL_PROVIDER* provider) {
	for (int operation = 0; operation <= OSSL_OP__HIGHEST; operation++) {
		int uncached = 0;
		const OSSL_ALGORITHM* each = OSSL_PROVIDER_query_operation(provider, operation, &uncached);
		auto& selected = algorithms[static_cast<size_t>(operation)];
		for (; each != nullptr && each->algorithm_names != nullptr; each++) {
			if (isSelected(*each)) selected.push_back(*each);
		}
		selected.push_back({});
	}
	functions.push_back({OSSL_FUNC_PROVIDER_QUERY_OPERATION, reinterpret_cast<void (*)()>(query)});
	for (const OSSL_DISPATCH* each = OSSL_PROVIDER_get0_dispatch(provider); each->function_id != 0; each++) {
		// The groups of a key exchange.
		if (each->function_id == OSSL_FUNC_PROVIDER_GET_CAPABILITIES) functions.push_back(*each);
	}
	functions.push_back({});
}

}  // namespace

WebrtcAlgorithms::WebrtcAlgorithms()
    : whole_(OSSL_LIB_CTX_new()), all_(OSSL_PROVIDER_load(whole_.get(), "default")), few_(OSSL_LIB_CTX_new()) {
	if (!all_ || !few_) throw std::runtime_error("OpenSSL has no default provider");
	everything = all_.get();
	OSSL_PROVIDER_add_builtin(few_.get(), "webrtc", start);
	selected_.reset(OSSL_PROVIDER_load(few_.get(), "webrtc"));
	everything = nullptr;
	if (!selected_) throw std::runtime_error("OpenSSL does not take a selection of its algorithms");
}

}  // namespace dualcast
