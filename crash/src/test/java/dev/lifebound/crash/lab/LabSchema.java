package dev.lifebound.crash.lab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.harrel.jsonschema.Validator;
import dev.harrel.jsonschema.ValidatorFactory;
import dev.harrel.jsonschema.providers.GsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The schema of {@code lab --json}, as its document prints it. */
final class LabSchema {
  private static final Path DOCUMENT = Path.of("..", "docs", "formats", "lab.md");
  private static final String FENCE = "```";

  private LabSchema() {}

  static void assertValid(String json) throws IOException {
    assertThat(validate(json).getErrors()).as(json).isEmpty();
  }

  static Validator.Result validate(String json) throws IOException {
    String page = Files.readString(DOCUMENT);
    int begin = page.indexOf(FENCE + "json") + FENCE.length() + "json".length();
    String schema = page.substring(begin, page.indexOf(FENCE, begin));
    Validator validator =
        new ValidatorFactory().withJsonNodeFactory(new GsonNode.Factory()).createValidator();
    return validator.validate(validator.registerSchema(schema), json);
  }
}
