//! One beat, and what is said of it.

use crate::cluster::Cluster;
use crate::decision::Decision;
use crate::explanations::{self, Caption};
use crate::lang::Lang;
use crate::network::Loss;

/// What a beat is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BeatKind {
    /// A controller decided something.
    Decision,
    /// A Deployment made no progress for too long.
    Deadline,
    /// A pod was made.
    Made,
    /// A pod was given to a node.
    Scheduled,
    /// No node takes a pod.
    Unschedulable,
    /// An image is pulled.
    Pulls,
    /// A pod gets requests from now on.
    Ready,
    /// A pod gets no requests any more.
    NotReady,
    /// A probe has failed for the first time.
    ProbeFails,
    /// A container was killed.
    Killed,
    /// A container was started again.
    Restarted,
    /// The kubelet waits before it tries again.
    BacksOff,
    /// A pod has run to its end.
    Ended,
    /// A pod is to stop.
    Leaves,
    /// A pod is gone.
    Gone,
    /// A request was not answered.
    Lost,
}

/// What a beat happened to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// Its kind, such as `Pod`.
    pub kind: String,
    /// Its namespace; empty when it has none.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl Subject {
    /// Reads `Pod/default/web-1` and `Node/minikube`.
    pub fn read(object: &str) -> Self {
        let parts: Vec<&str> = object.splitn(3, '/').collect();
        let text = |at: usize| parts.get(at).copied().unwrap_or_default().to_owned();
        match parts.len() {
            3 => Self { kind: text(0), namespace: text(1), name: text(2) },
            _ => Self { kind: text(0), namespace: String::new(), name: text(1) },
        }
    }
}

/// A moment that a viewer should not miss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beat {
    /// When, in simulated milliseconds.
    pub at_ms: u64,
    /// What it is of.
    pub kind: BeatKind,
    /// What it happened to: to this first, if to several.
    pub subject: Subject,
    /// The decision that says why: its place in the cluster's log. Without one the beat has a sentence of its own.
    pub decision: Option<usize>,
    /// To how many it happened at this moment.
    pub count: u32,
    /// Of a pod that is ready: whether a readiness probe says so. Of one that is not: whether its containers run. Of a
    /// probe that fails: whether it is the readiness probe.
    pub is_probed: bool,
    /// Why a request was lost.
    pub loss: Option<Loss>,
}

impl Beat {
    /// The beat in words. `cluster` is that of its history, at its moment or later.
    pub fn caption(&self, cluster: &Cluster, lang: Lang) -> Caption {
        let decision = self.decision.and_then(|at| cluster.decisions().get(at));
        match decision {
            Some(decision) => self.told(decision, lang),
            None => Caption::read(&self.own_words(lang), lang),
        }
    }

    fn told(&self, decision: &Decision, lang: Lang) -> Caption {
        let mut caption = explanations::caption(decision, lang);
        if self.count > 1 {
            let more = self.count - 1;
            let text = lang.choose(format!("（另有 {more} 个也一样。）"), format!(" And {more} more likewise."));
            caption.append(&text, false);
        }
        caption
    }

    fn own_words(&self, lang: Lang) -> String {
        let (zh, en) = match self.count {
            0 | 1 => self.of_one(explanations::short_name(&self.subject.name)),
            count => self.of_several(count),
        };
        lang.choose(zh, en)
    }

    /// The sentence when it happened to one.
    fn of_one(&self, name: &str) -> (String, String) {
        match self.kind {
            BeatKind::Made => (
                format!("**新 Pod：**{name} 已创建，等着分到节点。"),
                format!("**New pod:** {name} is made and looks for a node."),
            ),
            BeatKind::Ready if self.is_probed => (
                format!("**就绪：**Pod {name} 通过了就绪探针，可以接收请求。"),
                format!("**Ready:** pod {name} passes its readiness probe and may get requests."),
            ),
            BeatKind::Ready => (
                format!("**就绪：**Pod {name} 的容器已在运行；没有就绪探针，这就算就绪。"),
                format!("**Ready:** pod {name}'s container runs, and with no readiness probe that is enough."),
            ),
            BeatKind::NotReady if self.is_probed => (
                format!("**未就绪：**Pod {name} 不再接收请求。"),
                format!("**Not ready:** pod {name} gets no more requests."),
            ),
            BeatKind::NotReady => (
                format!("**未就绪：**Pod {name} 的容器停了，它不再接收请求。"),
                format!("**Not ready:** pod {name}'s container has stopped, so it gets no requests."),
            ),
            BeatKind::ProbeFails if self.is_probed => (
                format!("**就绪探针失败：**Pod {name} 没有通过之前，不会收到请求。"),
                format!("**Readiness probe failed:** pod {name} gets no requests until it passes."),
            ),
            BeatKind::ProbeFails => (
                format!("**探针失败：**Pod {name} 再连续失败几次，容器就会被杀掉重启。"),
                format!("**Probe failed:** if pod {name} goes on failing, its container is killed and restarted."),
            ),
            BeatKind::Leaves => (
                format!("**终止中：**Pod {name} 要停了，从现在起不再计数。"),
                format!("**Leaving:** pod {name} is to stop and no longer counts."),
            ),
            BeatKind::Gone => (
                format!("**已删除：**Pod {name} 的容器都停了，它从集群里消失。"),
                format!("**Gone:** pod {name}'s containers have stopped, and the cluster forgets it."),
            ),
            BeatKind::Lost => self.lost(name),
            _ => (format!("Pod {name}"), format!("Pod {name}")),
        }
    }

    fn lost(&self, service: &str) -> (String, String) {
        // A space stands between Chinese and a Latin word.
        let (zh, en) = match self.loss {
            Some(Loss::NoEndpoints) => ("后面没有就绪的 Pod", "no pod behind it is ready"),
            Some(Loss::Refused) => (" Pod 里的程序没有在监听", "the pod's program does not listen"),
            Some(Loss::Unreachable) => {
                (" Pod 已经不在，节点还不知道", "the pod is gone and the node does not know yet")
            }
            Some(Loss::Interrupted) => ("容器在回答之前停了", "the container stopped before it answered"),
            Some(Loss::TimedOut) | None => ("等满了 5 秒", "no answer came within 5 s"),
        };
        (
            format!("**请求丢失：**发给 {service} 的请求没有回答，因为{zh}。"),
            format!("**Lost:** a request to {service}, because {en}."),
        )
    }

    /// The sentence when it happened to several at once.
    fn of_several(&self, count: u32) -> (String, String) {
        match self.kind {
            BeatKind::Made => (
                format!("**{count} 个新 Pod** 已创建，等着分到节点。"),
                format!("**{count} new pods** are made and look for a node."),
            ),
            BeatKind::Ready if self.is_probed => (
                format!("**{count} 个 Pod 就绪：**通过了就绪探针，可以接收请求。"),
                format!("**{count} pods are ready:** they pass their readiness probes and may get requests."),
            ),
            BeatKind::Ready => (
                format!("**{count} 个 Pod 就绪：**容器已在运行；没有就绪探针，这就算就绪。"),
                format!(
                    "**{count} pods are ready:** their containers run, and with no readiness probe that is enough."
                ),
            ),
            BeatKind::NotReady => (
                format!("**{count} 个 Pod 未就绪：**它们不再接收请求。"),
                format!("**{count} pods are not ready:** they get no more requests."),
            ),
            BeatKind::Leaves => (
                format!("**{count} 个 Pod 终止中：**要停了，从现在起不再计数。"),
                format!("**{count} pods are leaving:** they are to stop and no longer count."),
            ),
            BeatKind::Gone => (
                format!("**{count} 个 Pod 已删除：**容器都停了，它们从集群里消失。"),
                format!("**{count} pods are gone:** their containers have stopped, and the cluster forgets them."),
            ),
            _ => self.of_one(explanations::short_name(&self.subject.name)),
        }
    }
}
