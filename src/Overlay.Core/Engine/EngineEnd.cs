namespace Overlay.Core.Engine;

/// <summary>Why the engine has come to its end without a failure. Only <see cref="Left"/> changes the data path.</summary>
public enum EngineEnd
{
    /// <summary>It was told to stop.</summary>
    Stopped,

    /// <summary>Another node owns this node's subnet now.</summary>
    LeaseTaken,

    /// <summary>The node has left the network: lease, kernel state, rules and files are gone.</summary>
    Left,
}
