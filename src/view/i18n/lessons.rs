//! Words of the lessons.

use super::{Key, words};

words! {
    Lessons: "课程", "Lessons";
    LessonHint: "提示", "Hint";
    LessonSolution: "答案", "Solution";
    LessonReset: "重来", "Start over";
    LessonLeave: "离开课程", "Leave the lesson";
    LessonLost: "这一步已经不可能完成了。", "This step cannot be reached any more.";
    LessonRetry: "从现在重做这一步", "Try the step again from here";
    LessonFinished: "完成！用了命令数 / 标准数：", "Done! Commands used / par:";
    LessonPar: "条", "commands";
    LessonUnknown: "没有这个课程：", "There is no such lesson:";
    LessonWrong: "课程文件有错：", "The lesson's file is wrong:";
    LessonBegun: "进行中", "begun";
}
