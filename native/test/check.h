#pragma once

#include <functional>
#include <string>
#include <vector>

/** The smallest of test frames: tests register themselves, a failed check ends its test. */
namespace dualcast::test {

struct Test {
	std::string name;
	std::function<void()> run;
};

std::vector<Test>& tests();

struct Registration {
	Registration(std::string name, std::function<void()> run) { tests().push_back({std::move(name), std::move(run)}); }
};

/** @throws std::runtime_error naming the place unless it holds */
void check(bool holds, const char* what, const char* file, int line);

}  // namespace dualcast::test

#define CHECK(condition) ::dualcast::test::check(condition, #condition, __FILE__, __LINE__)
#define TEST(identifier, name)                                                        \
	static void identifier();                                                           \
	static const ::dualcast::test::Registration identifier##Registered(name, identifier); \
	static void identifier()
