package dev.lifebound.crash.lab;

/** What a case's mistake is written in. */
public enum Language {
  /** Java with the FFM API: needs nothing but the JDK. */
  JAVA("Java"),
  /** A C library that a JVM loads: needs a C compiler. */
  C("C"),
  /** A Go program with cgo: needs Go and a C compiler. */
  GO("Go");

  private final String text;

  Language(String text) {
    this.text = text;
  }

  /** The name as every output writes it. */
  public String text() {
    return text;
  }
}
