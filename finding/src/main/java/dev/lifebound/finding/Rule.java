package dev.lifebound.finding;

/**
 * What a reader needs to know of a rule.
 *
 * @param id stable identifier, for instance {@code LBG001}
 * @param title a few words
 * @param colour the colour its findings have unless one says why not
 * @param language {@code go}, {@code java}, ... or {@code any}
 * @param description what is wrong and why it matters, some sentences
 * @param remedy what to do instead, some sentences
 * @param since the version that brought the rule
 */
public record Rule(
    String id,
    String title,
    Colour colour,
    String language,
    String description,
    String remedy,
    String since) {
  public Rule {
    Checks.text("id", id);
    Checks.text("title", title);
    Checks.word("language", language);
    Checks.text("description", description);
    Checks.text("remedy", remedy);
    Checks.text("since", since);
  }

  /** The rule's page within the repository. */
  public String page() {
    return "docs/rules/" + id + ".md";
  }
}
