// TOPCAT's TAP window on a service: `java -cp TOPCAT TapWindow.java URL QUERY PICTURE`. Waits for
// the tables, types the query, paints the window into PICTURE (PNG), runs the query as the window's
// own button does, synchronously, and prints "tables N", "examples N", "rows N".

import java.awt.Component;
import java.awt.Container;
import java.awt.image.BufferedImage;
import java.io.File;
import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import javax.swing.AbstractAction;
import javax.swing.JFrame;
import javax.swing.JTabbedPane;
import javax.swing.JTree;
import javax.swing.SwingUtilities;
import javax.swing.text.JTextComponent;
import uk.ac.starlink.table.StarTable;
import uk.ac.starlink.table.StarTableFactory;
import uk.ac.starlink.table.TableSequence;
import uk.ac.starlink.table.gui.TableLoader;
import uk.ac.starlink.vo.TapServiceFinder;
import uk.ac.starlink.vo.TapTableLoadDialog;

public class TapWindow {
  static <T> List<T> all(Class<T> kind, Component root, List<T> found) {
    if (kind.isInstance(root)) found.add(kind.cast(root));
    if (root instanceof Container) {
      for (Component child : ((Container) root).getComponents()) all(kind, child, found);
    }
    return found;
  }

  static Object call(Object target, String name, Object... arguments) throws Exception {
    for (Method method : target.getClass().getDeclaredMethods()) {
      if (method.getName().equals(name) && method.getParameterCount() == arguments.length) {
        method.setAccessible(true);
        return method.invoke(target, arguments);
      }
    }
    throw new NoSuchMethodException(name);
  }

  // The window asks a registry which services there are: nobody is there to answer.
  static TapServiceFinder noRegistry() {
    return (TapServiceFinder) Proxy.newProxyInstance(
        TapServiceFinder.class.getClassLoader(), new Class<?>[] {TapServiceFinder.class},
        (proxy, method, arguments) -> {
          if (method.getName().equals("equals")) return proxy == arguments[0];
          if (method.getName().equals("hashCode")) return 1;
          Class<?> result = method.getReturnType();
          return result.isArray() ? Array.newInstance(result.getComponentType(), 0) : null;
        });
  }

  static JTree tree(JFrame frame) {
    for (JTree tree : all(JTree.class, frame, new ArrayList<>())) {
      if (tree.isShowing()) return tree;
    }
    return null;
  }

  static void waitForTables(JFrame frame) throws Exception {
    for (int i = 0; i < 300; ++i) {
      JTree tree = tree(frame);
      if (tree != null && tree.getRowCount() > 2) return;
      Thread.sleep(100);
    }
    throw new IllegalStateException("no tables are shown within 30 s");
  }

  static void type(JFrame frame, String query) {
    for (JTextComponent text : all(JTextComponent.class, frame, new ArrayList<>())) {
      if (text.isShowing() && text.isEditable() && text.getHeight() > 40) text.setText(query);
    }
  }

  static int leaves(JTree tree) {
    for (int row = 0; row < tree.getRowCount(); ++row) tree.expandRow(row);
    int tables = 0;
    for (int row = 0; row < tree.getRowCount(); ++row) {
      if (tree.getModel().isLeaf(tree.getPathForRow(row).getLastPathComponent())) ++tables;
    }
    return tables;
  }

  public static void main(String[] arguments) throws Exception {
    TapTableLoadDialog dialog = new TapTableLoadDialog();
    JFrame frame = new JFrame("TAP");
    SwingUtilities.invokeAndWait(() -> {
      dialog.configure(new StarTableFactory(), new AbstractAction("Run Query") {
        public void actionPerformed(java.awt.event.ActionEvent event) {}
      });
      Component panel = dialog.getQueryComponent();
      dialog.setServiceFinder(noRegistry());
      frame.add(panel);
      frame.setSize(1200, 900);
      frame.setVisible(true);
    });
    SwingUtilities.invokeAndWait(() -> {
      try {
        call(dialog, "setServiceUrl", arguments[0]);
        call(dialog, "setSelectedService", call(dialog, "createServiceKit"));
        JTabbedPane tabs = all(JTabbedPane.class, frame, new ArrayList<>()).get(0);
        tabs.setSelectedIndex(tabs.indexOfTab("Use Service"));
      } catch (Exception error) {
        throw new RuntimeException(error);
      }
    });
    waitForTables(frame);
    Thread.sleep(2000);  // capabilities and examples come beside the tables
    BufferedImage picture = new BufferedImage(1200, 900, BufferedImage.TYPE_INT_RGB);
    TableLoader[] loader = new TableLoader[1];
    SwingUtilities.invokeAndWait(() -> {
      System.out.println("tables " + leaves(tree(frame)));
      type(frame, arguments[1]);
      tree(frame).setSelectionRow(tree(frame).getRowCount() - 1);
    });
    Thread.sleep(2000);
    SwingUtilities.invokeAndWait(() -> {
      frame.paint(picture.getGraphics());
      loader[0] = dialog.createTableLoader();
    });
    ImageIO.write(picture, "png", new File(arguments[2]));
    TableSequence tables = loader[0].loadTables(new StarTableFactory(true));
    StarTable table = tables.nextTable();
    System.out.println("rows " + table.getRowCount() + " columns " + table.getColumnCount());
    System.exit(0);
  }
}
