/* Stands in for zlib where there is none: sessions whose state this library allocates and frees. */
#include <string.h>

typedef void *(*allocate_fn)(void *opaque, unsigned items, unsigned size);
typedef void (*release_fn)(void *opaque, void *address);

struct session {
  unsigned long serial;
  release_fn release;
  char text[1000];
};

static unsigned long opened;

void *lifebound_session_open(allocate_fn allocate, release_fn release) {
  struct session *s = allocate(0, 1, sizeof *s);
  if (s != 0) {
    s->serial = ++opened;
    s->release = release;
    memset(s->text, 'a' + opened % 26, sizeof s->text);
  }
  return s;
}

void lifebound_session_close(void *session) {
  struct session *s = session;
  s->release(0, s);
}
