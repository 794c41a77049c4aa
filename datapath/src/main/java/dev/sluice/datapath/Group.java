package dev.sluice.datapath;

/**
 * The rules that apply at port sides with identical rules.
 *
 * @param id above 0; names the content, never reused for other rules. The default no-op rule of the group has the rule id {@code -id}
 * @param classifier the rules
 */
public record Group(int id, Classifier classifier) {}
