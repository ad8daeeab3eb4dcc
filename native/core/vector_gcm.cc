#include "vector_gcm.h"

#ifdef DUALCAST_IPSEC_MB

#include <dlfcn.h>
#include <intel-ipsec-mb.h>

#include "prefetch.h"

namespace dualcast {
namespace {

/** Its functions, which one thread's calls may share with another's: what they write is all given to them. */
struct Library {
	IMB_MGR* manager = nullptr;
	std::string name;

	/** Not linked, so that the addon loads where it is not installed. It stays loaded. */
	Library() {
		void* const handle = dlopen("libIPSec_MB.so.1", RTLD_NOW | RTLD_LOCAL);
		if (handle == nullptr) return;
		const auto allocate = function<decltype(&alloc_mb_mgr)>(handle, "alloc_mb_mgr");
		const auto initialize = function<decltype(&init_mb_mgr_auto)>(handle, "init_mb_mgr_auto");
		const auto lastError = function<decltype(&imb_get_errno)>(handle, "imb_get_errno");
		const auto version = function<decltype(&imb_get_version_str)>(handle, "imb_get_version_str");
		if (allocate == nullptr || initialize == nullptr || lastError == nullptr || version == nullptr) return;
		IMB_MGR* const made = allocate(0);
		if (made == nullptr) return;
		IMB_ARCH architecture = IMB_ARCH_NONE;
		initialize(made, &architecture);
		if (lastError(made) != 0 || architecture < IMB_ARCH_SSE) return;
		manager = made;
		name = std::string("intel-ipsec-mb ") + version();
	}

	template <typename Function>
	static Function function(void* handle, const char* name) {
		return reinterpret_cast<Function>(dlsym(handle, name));
	}
};

const Library& theLibrary() {
	static const Library library;
	return library;
}

}  // namespace

/** The library asks for this alignment, and does not always say so to the compiler. */
struct alignas(64) VectorGcm::Key {
	gcm_key_data data;
};

std::unique_ptr<VectorGcm> VectorGcm::make(const std::array<uint8_t, SRTP_KEY>& key) {
	const Library& library = theLibrary();
	if (library.manager == nullptr) return nullptr;
	auto expanded = std::make_unique<Key>();
	IMB_AES128_GCM_PRE(library.manager, key.data(), &expanded->data);
	return std::unique_ptr<VectorGcm>(new VectorGcm(std::move(expanded)));
}

std::string VectorGcm::library() { return theLibrary().name; }

VectorGcm::VectorGcm(std::unique_ptr<Key> key) : key_(std::move(key)) {}

VectorGcm::~VectorGcm() = default;

void VectorGcm::prefetchKey() const { prefetch(key_->data); }

void VectorGcm::seal(const std::array<uint8_t, 12>& iv, View clear, View plain, uint8_t* out) const {
	gcm_context_data context;
	IMB_AES128_GCM_ENC(theLibrary().manager, &key_->data, &context, out, plain.data, plain.size, iv.data(), clear.data,
	                   clear.size, out + plain.size, TAG);
}

}  // namespace dualcast

#else

namespace dualcast {

struct VectorGcm::Key {};

std::unique_ptr<VectorGcm> VectorGcm::make(const std::array<uint8_t, SRTP_KEY>&) { return nullptr; }

std::string VectorGcm::library() { return {}; }

VectorGcm::~VectorGcm() = default;

void VectorGcm::prefetchKey() const {}

void VectorGcm::seal(const std::array<uint8_t, 12>&, View, View, uint8_t*) const {}

}  // namespace dualcast

#endif
