package dev.lifebound.memory.guard;

import dev.lifebound.memory.os.NativeCode;

final class SelfTest {
  private SelfTest() {}

  static String require(NativeCode code, Mode mode, PageDeath death) {
    return "todo " + code.hash() + mode + death;
  }
}
