package dev.lifebound.finding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SarifReaderTest {
  private static final Scope SCOPE = new Scope("store", "main", null);

  @Test
  void theLeastResultBecomesAFinding() throws IOException {
    Report report =
        one("{'tool':{'driver':{'name':'peer'}},'results':[{'message':{'text':'bad'}}]}");
    assertThat(report.source()).isEqualTo(new Source("imported", "peer", "unknown"));
    Finding finding = report.findings().getFirst();
    assertThat(finding.rule()).isEqualTo("unnamed");
    assertThat(finding.colour()).isEqualTo(Colour.YELLOW);
    assertThat(finding.message()).isEqualTo("bad");
    assertThat(finding.location()).isEqualTo(Location.ofFile("."));
    assertThat(finding.scope()).isEqualTo(SCOPE);
    assertThat(finding.fingerprints()).containsOnlyKeys(Fingerprint.IMPORTED);
    assertThat(finding.evidence().getFirst().text()).isEqualTo("reported by peer unknown");
  }

  @Test
  void evenARunWithoutAToolIsRead() throws IOException {
    assertThat(one("{'results':[{}]}").findings()).hasSize(1);
  }

  @Test
  void aRichForeignRunKeepsItsRulePlaceFlowAndPrints() throws IOException {
    Finding finding = one(FOREIGN).findings().getFirst();
    assertThat(finding.rule()).isEqualTo("cpp/use-after-free");
    assertThat(finding.colour()).isEqualTo(Colour.RED);
    assertThat(finding.colourReason()).isEqualTo("level error of CodeQL");
    assertThat(finding.message()).isEqualTo("memory freed in close{} is used");
    assertThat(finding.remedy()).isEqualTo("see https://codeql.example/uaf");
    assertThat(finding.scope()).isEqualTo(new Scope("store", "dev", "abc"));
    assertThat(finding.location())
        .isEqualTo(new Location("src/a b.c", new Region(7, 1, 7, 1), "ns::close", "free(p);"));
    assertThat(finding.path())
        .containsExactly(
            new Step("acquire", new Location("src/a b.c", new Region(3, 2, 4, 1), null, null), "x"),
            new Step("step", Location.ofFile("b.c"), "step"));
    assertThat(finding.related())
        .containsExactly(
            new Subject(Subject.FILE, "c.c", Map.of()),
            new Subject(Subject.FILE, "d.c", Map.of("line", "5", "message", "declared here")));
    assertThat(finding.fingerprints())
        .containsOnlyKeys("whole/v1", "primaryLocationLineHash", Fingerprint.IMPORTED)
        .containsEntry("primaryLocationLineHash", "39fa2ee980eb94b0:1");
    assertThat(finding.evidence())
        .contains(new Evidence("suppression", "known", Map.of("status", "accepted")));
  }

  @Test
  void whatIsLeftOutIsSaid() throws IOException {
    Report report =
        one(
            """
            {'tool':{'driver':{'name':'peer'}},
             'invocations':[{'executionSuccessful':false,
               'toolExecutionNotifications':[
                 {'level':'note','message':{'text':'a.c extracted'}},
                 {'level':'error','descriptor':{'id':'Parser/Error 7'},'message':{'text':'b.c broken'},
                  'locations':[{'physicalLocation':{'artifactLocation':{'uri':'b.c'}}}]}]}],
             'externalPropertyFileReferences':{'results':[{'location':{'uri':'r.json'}}]},
             'results':[{'kind':'pass','message':{'text':'fine'}},
               {'baselineState':'absent','message':{'text':'gone'}}, 'broken',
               {'kind':'review','message':{'text':'look'}}]}
            """);
    assertThat(report.findings()).extracting(Finding::message).containsExactly("look");
    assertThat(report.findings().getFirst().colour()).isEqualTo(Colour.GREEN);
    assertThat(report.notices())
        .extracting(Notice::code)
        .containsExactly(
            "parser-error-7",
            "run-not-successful",
            "external-results-not-read",
            "result-malformed",
            "results-left-out");
    assertThat(report.notices().getFirst().location()).isEqualTo(Location.ofFile("b.c"));
  }

  @Test
  void eachRunIsAReportAndTwoRulesOnOneLineStayApart() throws IOException {
    String result = "'locations':[{'physicalLocation':{'artifactLocation':{'uri':'a.c'}}}]";
    List<Report> reports =
        read(
            "{'version':'2.1.0','runs':[{'results':[{'ruleId':'A',"
                + result
                + "},{'ruleId':'B',"
                + result
                + "}]},{'results':null}]}");
    assertThat(reports).hasSize(2);
    assertThat(reports.getFirst().findings())
        .extracting(f -> f.fingerprints().get(Fingerprint.IMPORTED))
        .doesNotHaveDuplicates();
    assertThat(reports.getLast().findings()).isEmpty();
  }

  @Test
  void impossibleRegionsAreMendedOrDropped() throws IOException {
    assertThat(region("{'startLine':0}")).isNull();
    assertThat(region("{'charOffset':10,'charLength':3}")).isNull();
    assertThat(region("{'startLine':5,'startColumn':9,'endLine':2,'endColumn':1}"))
        .isEqualTo(new Region(5, 9, 5, 9));
    assertThat(region("{'startLine':5,'startColumn':9,'endLine':6,'endColumn':2}"))
        .isEqualTo(new Region(5, 9, 6, 2));
    assertThat(region("{'startLine':99999999999}")).isNull();
  }

  @Test
  void aCycleOfBasesEnds() throws IOException {
    Report report =
        one(
            """
            {'originalUriBaseIds':{'A':{'uri':'a/','uriBaseId':'B'},'B':{'uri':'b/','uriBaseId':'A'}},
             'results':[{'locations':[{'physicalLocation':
               {'artifactLocation':{'uri':'x.c','uriBaseId':'A'}}}]}]}
            """);
    assertThat(report.findings().getFirst().location().path()).isEqualTo("b/a/x.c");
  }

  @Test
  void aByteOrderMarkIsNoError() throws IOException {
    byte[] document = "\ufeff{\"version\":\"2.1.0\",\"runs\":[]}".getBytes(StandardCharsets.UTF_8);
    assertThat(SarifReader.read(new ByteArrayInputStream(document), SCOPE)).isEmpty();
  }

  @Test
  void whatIsNotSarifIsRefusedWithThePlace() {
    assertRefused("{'version':'2.1.0',\n 'runs':[}", "line=2");
    assertRefused("", "version=(none)");
    assertRefused("[1,2]", "version=(none)");
    assertRefused("{'version':'2.0.0','runs':[]}", "version=2.0.0");
    assertRefused("{'version':'2.1.0'}", "runs=MISSING");
    assertRefused("{'version':'2.1.0','runs':[]} trailing", "line=1");
    assertRefused("[".repeat(100_000), "nesting depth");
    assertRefused("\0ELF", "line=1");
  }

  private static void assertRefused(String document, String detail) {
    assertThatExceptionOfType(MalformedSarifException.class)
        .isThrownBy(() -> read(document))
        .withMessageContaining(detail);
  }

  private static @Nullable Region region(String region) throws IOException {
    String physical = "{'artifactLocation':{'uri':'a.c'},'region':" + region + "}";
    String run = "{'results':[{'locations':[{'physicalLocation':" + physical + "}]}]}";
    return one(run).findings().getFirst().location().region();
  }

  private static Report one(String run) throws IOException {
    return read("{'version':'2.1.0','runs':[" + run + "]}").getFirst();
  }

  private static List<Report> read(String document) throws IOException {
    byte[] bytes = document.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return SarifReader.read(new ByteArrayInputStream(bytes), SCOPE);
  }

  private static final String FOREIGN =
      """
      {'tool':{
         'driver':{'name':'CodeQL','version':'2','semanticVersion':'2.21.0','rules':[{'id':'other'}]},
         'extensions':[{'name':'pack','rules':[
           {'id':'cpp/use-after-free','helpUri':'https://codeql.example/uaf',
            'defaultConfiguration':{'level':'error'},
            'messageStrings':{'default':{'text':'memory freed in {0}{{}} is used'}}}]}]},
       'originalUriBaseIds':{'ROOT':{'uri':'file:///home/build/'},
                             'SRC':{'uri':'src','uriBaseId':'ROOT'}},
       'versionControlProvenance':[{'repositoryUri':'https://x','branch':'dev','revisionId':'abc'}],
       'artifacts':[{'location':{'uri':'b.c','uriBaseId':'ROOT'}}],
       'logicalLocations':[{'fullyQualifiedName':'ns::close'}],
       'threadFlowLocations':[{'location':
          {'physicalLocation':{'artifactLocation':{'index':0}}}}],
       'results':[{
         'rule':{'id':'cpp/use-after-free','index':0,'toolComponent':{'index':0}},
         'message':{'id':'default','arguments':['close']},
         'locations':[
           {'physicalLocation':{'artifactLocation':{'uri':'a%20b.c','uriBaseId':'SRC'},
              'region':{'startLine':7,'snippet':{'text':'free(p);'}}},
            'logicalLocations':[{'index':0}]},
           {'physicalLocation':{'artifactLocation':{'uri':'c.c'}}}],
         'relatedLocations':[
           {'physicalLocation':{'artifactLocation':{'uri':'d.c'},'region':{'startLine':5}},
            'message':{'text':'declared here'}}],
         'codeFlows':[{'threadFlows':[{'locations':[
           {'kinds':['acquire'],'location':{'message':{'text':'x'},
              'physicalLocation':{'artifactLocation':{'uri':'a%20b.c','uriBaseId':'SRC'},
                'region':{'startLine':3,'startColumn':2,'endLine':4}}}},
           {'index':0},
           {'location':{'message':{'text':'nowhere'}}}]}]}],
         'fingerprints':{'whole/v1':'1'},
         'partialFingerprints':{'primaryLocationLineHash':'39fa2ee980eb94b0:1'},
         'suppressions':[{'kind':'inSource','justification':'known'}]}]}
      """;
}
