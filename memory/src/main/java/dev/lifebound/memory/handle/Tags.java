package dev.lifebound.memory.handle;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Tags by number, so that a slot holds four bytes instead of a reference. Never forgets one. */
final class Tags {
  private final ConcurrentMap<String, Integer> numbers = new ConcurrentHashMap<>();
  private final List<String> texts = new CopyOnWriteArrayList<>();

  int number(String tag) {
    Integer known = numbers.get(tag);
    return known != null ? known : add(tag);
  }

  private synchronized int add(String tag) {
    Integer known = numbers.get(tag);
    if (known != null) {
      return known;
    }
    int number = texts.size();
    texts.add(tag);
    numbers.put(tag, number);
    return number;
  }

  String text(int number) {
    return texts.get(number);
  }
}
