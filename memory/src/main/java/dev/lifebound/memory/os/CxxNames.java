package dev.lifebound.memory.os;

/**
 * Plain C++ names out of the linker's: the nested and the simple ones, without parameters. What has
 * templates or operators stays as it is; {@code c++filt} knows it.
 */
final class CxxNames {
  private CxxNames() {}

  /** {@code _ZN7rocksdb6DBIter4SeekERKNS_5SliceE} is {@code rocksdb::DBIter::Seek}. */
  static String plain(String name) {
    if (!name.startsWith("_Z")) {
      return name;
    }
    boolean nested = name.startsWith("N", 2);
    int at = nested ? 3 : 2;
    // Qualifiers of the object that a method is for.
    while (nested && at < name.length() && "rVKRO".indexOf(name.charAt(at)) >= 0) {
      at++;
    }
    StringBuilder plain = new StringBuilder();
    String last = "";
    while (at < name.length() && Character.isDigit(name.charAt(at))) {
      int length = 0;
      while (at < name.length() && Character.isDigit(name.charAt(at)) && length < name.length()) {
        length = length * 10 + Character.digit(name.charAt(at), 10);
        at++;
      }
      if (at + length > name.length()) {
        return name;
      }
      last = name.substring(at, at + length);
      last = last.startsWith("_GLOBAL__N") ? "(anonymous)" : last;
      plain.append(plain.isEmpty() ? "" : "::").append(last);
      at += length;
      if (!nested) {
        break;
      }
    }
    if (nested && at + 2 < name.length() && (name.charAt(at) == 'C' || name.charAt(at) == 'D')) {
      plain.append(name.charAt(at) == 'C' ? "::" : "::~").append(last);
      at += 2;
    }
    boolean whole = !nested || (at < name.length() && name.charAt(at) == 'E');
    boolean template = at < name.length() && name.charAt(at) == 'I';
    return plain.isEmpty() || !whole || template ? name : plain.toString();
  }
}
