package dev.lifebound.memory.guard;

import org.jspecify.annotations.Nullable;

/** Translates an uncaught error of a dead access before the handler of before gets it. */
final class Uncaught implements Thread.UncaughtExceptionHandler {
  private final Armed armed;
  private final Thread.@Nullable UncaughtExceptionHandler before;

  private Uncaught(Armed armed, Thread.@Nullable UncaughtExceptionHandler before) {
    this.armed = armed;
    this.before = before;
  }

  static void install(Armed armed) {
    Thread.setDefaultUncaughtExceptionHandler(
        new Uncaught(armed, Thread.getDefaultUncaughtExceptionHandler()));
  }

  @Override
  public void uncaughtException(Thread thread, Throwable error) {
    Throwable told = armed.explain(error).<Throwable>map(explained -> explained).orElse(error);
    if (before != null) {
      before.uncaughtException(thread, told);
      return;
    }
    // The group prints only when there is no default handler; so there is none for a moment.
    synchronized (Uncaught.class) {
      Thread.setDefaultUncaughtExceptionHandler(null);
      try {
        Thread.currentThread().getThreadGroup().uncaughtException(thread, told);
      } finally {
        Thread.setDefaultUncaughtExceptionHandler(this);
      }
    }
  }
}
