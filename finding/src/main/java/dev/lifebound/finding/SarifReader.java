package dev.lifebound.finding;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads SARIF 2.1.0 of any tool.
 *
 * <p>What {@link ReportWriter#sarif} wrote comes back equal. For other tools every part SARIF calls
 * optional may be missing; {@code docs/formats/sarif.md} says what stands in for it. A result that
 * cannot be read becomes a notice and never hides the others.
 *
 * <p>The document is held in memory as a whole while it is read.
 */
public final class SarifReader {
  private static final JsonMapper MAPPER = new JsonMapper();

  private SarifReader() {}

  /**
   * One report for each run of the document, in its order. Does not close {@code in}.
   *
   * @param unnamed the scope of a run that names none
   * @throws MalformedSarifException when the input is not SARIF 2.1.0
   * @throws IOException when {@code in} cannot be read
   */
  public static List<Report> read(InputStream in, Scope unnamed) throws IOException {
    JsonNode log = parse(in);
    String version = Sarif.text(log, "version");
    if (version == null || !version.startsWith("2.1.")) {
      throw new MalformedSarifException(
          "the version must be 2.1.0: version="
              + (version == null ? "(none)" : version)
              + "; let the tool write SARIF 2.1.0");
    }
    if (!log.path("runs").isArray()) {
      throw new MalformedSarifException(
          "a SARIF document must hold an array of runs: runs="
              + log.path("runs").getNodeType()
              + "; let the tool write SARIF 2.1.0");
    }
    List<Report> reports = new ArrayList<>();
    for (JsonNode run : log.path("runs")) {
      reports.add(new SarifRun(run, unnamed).report());
    }
    return List.copyOf(reports);
  }

  private static JsonNode parse(InputStream in) throws IOException {
    try {
      return MAPPER.readTree(in);
    } catch (JacksonIOException e) {
      throw e.getCause();
    } catch (JacksonException e) {
      TokenStreamLocation at = e.getLocation();
      throw new MalformedSarifException(
          "a SARIF file must be JSON: "
              + (at == null ? "" : "line=" + at.getLineNr() + ", column=" + at.getColumnNr() + ", ")
              + "reason="
              + e.getOriginalMessage()
              + "; check that the file is complete",
          e);
    }
  }
}
