import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Checks or writes the format of every Java source of the repository. Run by the parent pom with
 * google-java-format on the class path: {@code Format.java check|write ROOT}.
 *
 * <p>Test data under {@code testdata} keeps its own form: expectations stand on line numbers.
 */
class Format {
  private static final Set<String> SKIPPED =
      Set.of("target", "testdata", ".git", "node_modules", ".idea");

  public static void main(String[] args) throws Exception {
    boolean write = args[0].equals("write");
    Path root = Path.of(args[1]);
    List<Path> sources = new ArrayList<>();
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
            return SKIPPED.contains(dir.getFileName().toString())
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (file.toString().endsWith(".java")) {
              sources.add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    Formatter formatter = new Formatter(JavaFormatterOptions.defaultOptions());
    int wrong = 0;
    for (Path source : sources) {
      String text = Files.readString(source);
      String unused = RemoveUnusedImports.removeUnusedImports(text);
      String ordered = ImportOrderer.reorderImports(unused, JavaFormatterOptions.Style.GOOGLE);
      String formatted = formatter.formatSource(ordered);
      if (!formatted.equals(text)) {
        wrong++;
        if (write) {
          Files.writeString(source, formatted);
        }
        System.err.println((write ? "formatted " : "not formatted: ") + root.relativize(source));
      }
    }
    if (wrong > 0 && !write) {
      System.err.println(
          "format: every Java source must be in google-java-format: files="
              + wrong
              + "; run: mvn -N validate -Dformat=write");
      System.exit(1);
    }
  }
}
