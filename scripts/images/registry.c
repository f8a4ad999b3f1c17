#include "images.h"
bool registry_verify = true, registry_quiet;
struct image *registry_pull(const char *ref, const char *to)
{
	(void)to;
	fail("no registry: %s", ref);
}
