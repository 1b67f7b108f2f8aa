package dev.lifebound.crash.autopsy.heap;

import java.nio.file.Path;

/** A search in a heap of the size that the caller gives. */
final class SearchMain {
  private SearchMain() {}

  public static void main(String[] arguments) throws UnreadableDumpException {
    HeapSearch.Result result =
        HeapSearch.find(
            Path.of(arguments[0]), HeapSearch.Target.block(Long.parseLong(arguments[1]), 4096));
    System.out.println(
        result.holders().getFirst().place() + " " + result.holders().getFirst().key());
    System.out.println("heap " + Runtime.getRuntime().maxMemory());
  }
}
