#include "fuzz.h"

#include "../../common/codec/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *a = arena_new();
    struct xml_fields f;
    if (xml_parse(a, (struct span){(const char *)data, size}, &f) == OK) {
        fuzz_require(f.n <= XML_FIELDS_MAX);
        for (int i = 0; i < f.n; i++) {
            const struct xml_field *one = &f.items[i];
            fuzz_require(utf8_valid(one->name, strlen(one->name)));
            fuzz_require(utf8_valid(one->value, strlen(one->value)));
        }
    }
    arena_free(a);
    return 0;
}
