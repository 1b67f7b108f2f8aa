package dev.lifebound.finding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.harrel.jsonschema.Validator;
import dev.harrel.jsonschema.ValidatorFactory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** Validation against a schema that lies on the class path. */
final class Schemas {
  static final String FINDINGS = "/dev/lifebound/finding/findings-schema.json";
  static final String SARIF = "/schema/sarif-schema-2.1.0.json";

  private Schemas() {}

  static void assertValid(String schemaResource, String document) throws IOException {
    assertThat(validate(schemaResource, document).getErrors())
        .as("violations of %s", schemaResource)
        .isEmpty();
  }

  static Validator.Result validate(String schemaResource, String document) throws IOException {
    try (InputStream in = Schemas.class.getResourceAsStream(schemaResource)) {
      String schema = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      Validator validator = new ValidatorFactory().createValidator();
      return validator.validate(validator.registerSchema(schema), document);
    }
  }
}
