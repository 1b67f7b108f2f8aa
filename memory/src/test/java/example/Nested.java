package example;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;

/**
 * A server whose application brings the library itself: {@code VERSION SCENARIO JAR CLASSES
 * [ARGUMENT]...}. The application's class loader knows the JDK alone beside its own files.
 */
public final class Nested {
  private Nested() {}

  /** As a servlet container's: its own files first, and nothing of the program that started it. */
  private static class ApplicationLoader extends URLClassLoader {
    ApplicationLoader(URL... files) {
      super("application", files, ClassLoader.getPlatformClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      // The platform's loader would give a class of a module of the application module path.
      if (!name.startsWith("dev.lifebound.memory.")) {
        return super.loadClass(name, resolve);
      }
      synchronized (getClassLoadingLock(name)) {
        Class<?> known = findLoadedClass(name);
        return known == null ? findClass(name) : known;
      }
    }
  }

  /** Its copy of the library speaks another protocol. */
  private static final class OtherVersionLoader extends ApplicationLoader {
    private static final String COPIES = "dev.lifebound.memory.os.Copies";

    OtherVersionLoader(URL... files) {
      super(files);
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
      if (!name.equals(COPIES)) {
        return super.findClass(name);
      }
      try (var file = getResourceAsStream(name.replace('.', '/') + ".class")) {
        byte[] code = file.readAllBytes();
        // Every byte is one character, and none of the text's is anything else.
        String text = new String(code, StandardCharsets.ISO_8859_1);
        byte[] other =
            text.replace("lifebound-copy-1", "lifebound-copy-9")
                .getBytes(StandardCharsets.ISO_8859_1);
        return defineClass(name, other, 0, other.length);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  public static void main(String[] args) throws Exception {
    URL[] files = {Path.of(args[2]).toUri().toURL(), Path.of(args[3]).toUri().toURL()};
    ClassLoader loader =
        args[0].equals("same") ? new ApplicationLoader(files) : new OtherVersionLoader(files);
    Object answer;
    try {
      answer =
          loader
              .loadClass("example.Application")
              .getMethod("run", String[].class)
              .invoke(null, (Object) withoutFirst(args, 4, args[1]));
    } catch (InvocationTargetException e) {
      answer = "threw " + e.getCause();
    }
    System.out.println("answer=" + answer);
    System.out.println("holder=" + System.getProperty("dev.lifebound.holder"));
    // What programs do with the system's properties must not be disturbed.
    Set<String> names = new TreeSet<>();
    System.getProperties().forEach((key, value) -> names.add((String) key + (String) value));
    System.out.println("properties=" + !names.isEmpty());
  }

  private static String[] withoutFirst(String[] args, int count, String first) {
    String[] rest = Arrays.copyOfRange(args, count - 1, args.length);
    rest[0] = first;
    return rest;
  }
}
