package dev.sluice.agent.report;

/**
 * Answer to the requests {@code reload}, {@code rollback} and {@code confirm}.
 *
 * @param generation generation of the snapshot in force
 * @param revision the revision in force
 * @param changed whether the request changed what is in force
 * @param confirmSeconds time within which it has to be confirmed; 0: it has not
 * @param warning what the user should know all the same; empty: nothing
 */
public record ReloadReport(int generation, int revision, boolean changed, int confirmSeconds, String warning) {}
