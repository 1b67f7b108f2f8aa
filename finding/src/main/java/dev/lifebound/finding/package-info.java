/**
 * The one shape in which every source reports a hazard.
 *
 * <p>An analyser rule, an autopsy, a guard report and an imported SARIF result all become a {@link
 * dev.lifebound.finding.Finding}. What reads findings (the printers, the store, the gate) therefore
 * knows one model and no source.
 *
 * <h2>Words</h2>
 *
 * <ul>
 *   <li><b>finding</b>: one reported hazard: rule, colour with its reason, subjects, locations,
 *       code flow, evidence, fingerprints.
 *   <li><b>subject</b>: what the hazard is about, of an open kind (file, class, artifact, process,
 *       endpoint, service, ...). A finding has one primary subject and any number of related ones.
 *   <li><b>scope</b>: where it was seen: project, and where known branch and revision.
 *   <li><b>code flow</b>: the steps that make the hazard happen, in order, each with a role.
 *   <li><b>fingerprint</b>: what recognises the same hazard again. A finding carries one value for
 *       each <em>strategy</em>; two findings are the same hazard when they agree under the
 *       strongest strategy that both carry. New strategies may be added, an old one never changes
 *       its meaning.
 *   <li><b>colour</b>: red can crash or corrupt, yellow leaks or disorders, green can wait.
 *   <li><b>notice</b>: something the run could not do (a file that does not parse); never a
 *       finding.
 * </ul>
 *
 * <h2>Guarantees</h2>
 *
 * <ul>
 *   <li><b>Immutability</b>: every type here is an immutable value; collections are copied, iterate
 *       in a fixed order, and any thread may share them.
 *   <li><b>Determinism</b>: the same findings give the same bytes in every format.
 * </ul>
 *
 * <p>Lines and columns count from 1; columns count UTF-16 code units. File names are relative to
 * the analysed root where possible and use {@code /}.
 */
@NullMarked
package dev.lifebound.finding;

import org.jspecify.annotations.NullMarked;
