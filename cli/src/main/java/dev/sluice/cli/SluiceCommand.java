package dev.sluice.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.ScopeType;

/** {@code sluice}: the root of all commands. */
@Command(
        name = "sluice",
        description = "Steers flows through service nodes that know nothing about it.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footer = {"", "Exit status: " + ExitCode.MEANINGS},
        scope = ScopeType.INHERIT)
final class SluiceCommand {
    /** All commands below it, in the order of the help. */
    static final List<Class<?>> COMMANDS = List.of(
            ValidateCommand.class,
            AnalyzeCommand.class,
            DoctorCommand.class,
            RunCommand.class,
            AgentCommand.class,
            StatusCommand.class,
            FlowsCommand.class,
            RulesCommand.class,
            PathsCommand.class,
            PlanesCommand.class,
            LivenessCommand.class,
            MacsCommand.class,
            AttributesCommand.class,
            FlowCommand.class,
            TopCommand.class,
            CountersCommand.class,
            TraceCommand.class,
            CaptureCommand.class,
            InstanceCommand.class,
            ReloadCommand.class,
            ConfirmCommand.class,
            RollbackCommand.class,
            HistoryCommand.class,
            DiffCommand.class,
            StopCommand.class,
            UninstallCommand.class,
            ManagerCommand.class,
            ExplainCommand.class,
            ApplyCommand.class,
            GetCommand.class,
            DescribeCommand.class,
            TreeCommand.class,
            EditCommand.class,
            DeleteCommand.class,
            ExportCommand.class,
            BackupCommand.class,
            WatchCommand.class,
            EventsCommand.class,
            AuditCommand.class,
            WhoAmICommand.class,
            CanICommand.class,
            UserCommand.class,
            TenantCommand.class,
            TokenCommand.class,
            EnrolCommand.class,
            SupportBundleCommand.class,
            DemoCommand.class,
            LabCommand.class,
            VersionCommand.class,
            CompletionCommand.class);
}
