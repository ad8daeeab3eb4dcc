#pragma once

#include <node_api.h>

#include <array>
#include <stdexcept>
#include <string>
#include <system_error>

#include "../core/bytes.h"

namespace dualcast {

/** A call from JavaScript: its arguments, and values for it. What is wrong with them is thrown as a C++ exception. */
class Call {
public:
	Call(napi_env env, napi_callback_info info) : env_(env) {
		size_t count = arguments_.size();
		require(napi_get_cb_info(env, info, &count, arguments_.data(), &self_, nullptr), "call");
	}

	napi_env env() const { return env_; }
	napi_value self() const { return self_; }
	napi_value value(size_t index) const { return arguments_.at(index); }

	uint32_t number(size_t index) const {
		uint32_t number = 0;
		require(napi_get_value_uint32(env_, value(index), &number), "a number");
		return number;
	}

	double real(size_t index) const {
		double number = 0;
		require(napi_get_value_double(env_, value(index), &number), "a number");
		return number;
	}

	bool flag(size_t index) const {
		bool flag = false;
		require(napi_get_value_bool(env_, value(index), &flag), "a boolean");
		return flag;
	}

	std::string text(size_t index) const {
		size_t length = 0;
		require(napi_get_value_string_utf8(env_, value(index), nullptr, 0, &length), "a string");
		std::string text(length, '\0');
		napi_get_value_string_utf8(env_, value(index), text.data(), length + 1, &length);
		return text;
	}

	/** Of a typed array; valid during the call. */
	View bytes(size_t index) const {
		napi_typedarray_type type = napi_uint8_array;
		size_t length = 0;
		void* data = nullptr;
		require(napi_get_typedarray_info(env_, value(index), &type, &length, &data, nullptr, nullptr), "a typed array");
		const size_t size = type == napi_uint32_array ? sizeof(uint32_t) : 1;
		if (type != napi_uint32_array && type != napi_uint8_array) throw std::invalid_argument("expected bytes");
		return {static_cast<const uint8_t*>(data), length * size};
	}

	napi_value make(double number) const {
		napi_value made = nullptr;
		require(napi_create_double(env_, number, &made), "memory");
		return made;
	}

	napi_value make(const std::string& text) const {
		napi_value made = nullptr;
		require(napi_create_string_utf8(env_, text.data(), text.size(), &made), "memory");
		return made;
	}

	napi_value make(View bytes) const {
		napi_value made = nullptr;
		require(napi_create_buffer_copy(env_, bytes.size, bytes.data, nullptr, &made), "memory");
		return made;
	}

	napi_value object() const {
		napi_value made = nullptr;
		require(napi_create_object(env_, &made), "memory");
		return made;
	}

	void set(napi_value object, const char* name, napi_value value) const {
		require(napi_set_named_property(env_, object, name, value), "an object");
	}

	static void require(napi_status status, const char* expected) {
		if (status != napi_ok) throw std::invalid_argument(std::string("expected ") + expected);
	}

private:
	napi_env env_;
	napi_value self_ = nullptr;
	std::array<napi_value, 8> arguments_{};
};

/** Makes a function of JavaScript's out of one of ours; no C++ exception gets past it. */
template <napi_value (*body)(const Call&)>
napi_value guarded(napi_env env, napi_callback_info info) noexcept {
	try {
		return body(Call(env, info));
	} catch (const std::system_error& error) {
		// The caller makes the system's error of it.
		napi_throw_error(env, std::to_string(error.code().value()).c_str(), error.what());
	} catch (const std::exception& error) {
		napi_throw_error(env, nullptr, error.what());
	}
	return nullptr;
}

}  // namespace dualcast
