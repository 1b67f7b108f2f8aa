package dev.lifebound.memory.agent;

import example.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/** A jar whose agent class is one of the tests'. */
final class OtherAgentJar {
  private OtherAgentJar() {}

  static void write(Path jar) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Premain-Class", Programs.OtherAgent.class.getName());
    new JarOutputStream(Files.newOutputStream(jar), manifest).close();
  }
}
