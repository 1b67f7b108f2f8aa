package dev.lifebound.memory.guard;

import java.util.List;

/** What is seen from outside: of this copy's watch, or of another copy's. */
interface WatchView {
  List<String> libraries();

  int slots();

  long count(String counter);

  long lostFrees();

  void drain();

  String text();

  void close();
}
