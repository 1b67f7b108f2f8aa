package dev.lifebound.finding;

import java.util.Locale;

/** How much a finding matters. The order is the order of severity: red first. */
public enum Colour {
  /** Can crash the process or corrupt data; blocks a release. */
  RED("error"),
  /** A leak, an ordering hazard or a performance defect. */
  YELLOW("warning"),
  /** Advice; can wait. */
  GREEN("note");

  private final String sarifLevel;

  Colour(String sarifLevel) {
    this.sarifLevel = sarifLevel;
  }

  /** The SARIF {@code level} of this colour: {@code error}, {@code warning} or {@code note}. */
  public String sarifLevel() {
    return sarifLevel;
  }

  /** The colour's name in lower case, as every output writes it. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** One step less severe; green stays green. */
  public Colour milder() {
    return this == RED ? YELLOW : GREEN;
  }
}
