// SPDX-License-Identifier: Apache-2.0
// Every form of operator new and delete, called directly.
#include <cstddef>
#include <new>

using std::align_val_t;
using std::nothrow;

extern "C" void *victim_new(int form, size_t n) {
  switch (form) {
    case 0: return ::operator new(n);
    case 1: return ::operator new[](n);
    case 2: return ::operator new(n, nothrow);
    case 3: return ::operator new[](n, nothrow);
    case 4: return ::operator new(n, align_val_t(64));
    case 5: return ::operator new[](n, align_val_t(64));
    case 6: return ::operator new(n, align_val_t(64), nothrow);
    default: return ::operator new[](n, align_val_t(64), nothrow);
  }
}

extern "C" void victim_delete(int form, void *p, size_t n) {
  switch (form) {
    case 0: ::operator delete(p); break;
    case 1: ::operator delete[](p); break;
    case 2: ::operator delete(p, n); break;
    case 3: ::operator delete[](p, n); break;
    case 4: ::operator delete(p, nothrow); break;
    case 5: ::operator delete[](p, nothrow); break;
    case 6: ::operator delete(p, align_val_t(64)); break;
    case 7: ::operator delete[](p, align_val_t(64)); break;
    case 8: ::operator delete(p, n, align_val_t(64)); break;
    case 9: ::operator delete[](p, n, align_val_t(64)); break;
    case 10: ::operator delete(p, align_val_t(64), nothrow); break;
    default: ::operator delete[](p, align_val_t(64), nothrow); break;
  }
}
